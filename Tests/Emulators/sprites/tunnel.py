"""Ways into a sprite: its URL, and a tunnel to any port."""

import asyncio
import contextlib
import json
import socket as sockets

import aiohttp
from aiohttp import WSCloseCode, WSMsgType, web

from cloud.emulator import Ground
from cloud.proxy import relay
from sprites.refusals import invalid, refusal
from sprites.registry import Registry

CHUNK = 32 * 1024


class Tunnel:
    """Both wake the sprite, and keep it awake while they are open."""

    def __init__(self, ground: Ground, registry: Registry) -> None:
        self._ground = ground
        self._registry = registry

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds that of the tunnel; URLs are told by their host name."""
        router.add_get("/v1/sprites/{name}/proxy", self._tunnel)

    async def visit(self, request: web.Request, authorized: bool) -> web.StreamResponse | None:
        """Answers a request to a sprite's URL; None for one to the API."""
        host = request.host.partition(":")[0]
        if not host.endswith(".localhost"):
            return None
        sprite = self._registry.by_host(host)
        if sprite is None:
            return web.Response(status=404, text="no such sprite\n")
        if sprite.url_settings["auth"] != "public" and not authorized:
            return refusal(401, "authentication required").response()
        async with sprite.used():
            try:
                return await relay(request, sprite.machine, sprite.http_port, request.path_qs)
            except aiohttp.ClientConnectionError:
                return web.Response(status=502, text=f"nothing listens on port {sprite.http_port}\n")

    async def _tunnel(self, request: web.Request) -> web.StreamResponse:
        sprite = self._registry.find(request)
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise invalid("a WebSocket upgrade is needed")
        async with sprite.used():
            outer = web.WebSocketResponse(max_msg_size=0, compress=False)
            await outer.prepare(request)
            port = _port(await outer.receive())
            if port is None:
                await outer.close(code=WSCloseCode.UNSUPPORTED_DATA, message=b"invalid initialization message")
                return outer
            try:
                inner = await sprite.machine.connect(port)
            except OSError as error:
                message = f"Failed to connect to target: {error}".encode()
                await outer.close(code=WSCloseCode.INTERNAL_ERROR, message=message)
                return outer
            with inner:
                await outer.send_str(json.dumps({"status": "connected", "target": f"127.0.0.1:{port}"}))
                await _join(outer, inner)
            await outer.close()
        return outer


def _port(first: aiohttp.WSMessage) -> int | None:
    if first.type is not WSMsgType.TEXT:
        return None
    try:
        target = json.loads(first.data)
    except ValueError:
        return None
    port = target.get("port") if isinstance(target, dict) else None
    return port if isinstance(port, int) and 0 < port < 65536 else None


async def _join(outer: web.WebSocketResponse, inner: sockets.socket) -> None:
    loop = asyncio.get_running_loop()

    async def inwards() -> None:
        async for message in outer:
            if message.type is WSMsgType.BINARY:
                await loop.sock_sendall(inner, message.data)

    async def outwards() -> None:
        while data := await loop.sock_recv(inner, CHUNK):
            await outer.send_bytes(data)

    ways = {asyncio.ensure_future(inwards()), asyncio.ensure_future(outwards())}
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        with contextlib.suppress(OSError):
            for way in done:
                way.result()
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
