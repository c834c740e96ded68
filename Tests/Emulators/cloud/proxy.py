"""The way from outside to a port of a machine."""

import asyncio
from typing import Any

import aiohttp
from aiohttp import web

from cloud.machine import Machine

# What concerns one connection only, and is not passed on.
HOP = {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
       "upgrade", "content-length", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions",
       "sec-websocket-accept", "sec-websocket-protocol"}


class _MachineConnector(aiohttp.BaseConnector):
    """Connects to the loopback of a machine, whatever host a URL names."""

    def __init__(self, machine: Machine, port: int) -> None:
        super().__init__(force_close=True)
        self._machine, self._port = machine, port

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> Any:
        try:
            connection = await self._machine.connect(self._port)
        except OSError as error:
            raise aiohttp.ClientConnectionError(str(error)) from error
        _, protocol = await asyncio.get_running_loop().create_connection(self._factory, sock=connection)
        return protocol


async def relay(request: web.Request, machine: Machine, port: int, path: str) -> web.StreamResponse:
    """Passes a request on to that port under that path and query, streams both ways, WebSockets as well.

    Raises `aiohttp.ClientConnectionError` when nobody listens there.
    """
    headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
    session = aiohttp.ClientSession(
        connector=_MachineConnector(machine, port), auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        timeout=aiohttp.ClientTimeout(total=None),
    )
    async with session:
        url = f"http://machine{path}"
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await _relay_socket(request, session, url, headers)
        body = request.content if request.body_exists else None
        if request.content_length is not None:
            headers["Content-Length"] = str(request.content_length)
        async with session.request(
            request.method, url, headers=headers, data=body, allow_redirects=False
        ) as answer:
            response = web.StreamResponse(status=answer.status, reason=answer.reason)
            for name, value in answer.headers.items():
                if name.lower() not in HOP:
                    response.headers.add(name, value)
            if answer.content_length is not None:
                response.content_length = answer.content_length
            await response.prepare(request)
            async for data in answer.content.iter_any():
                await response.write(data)
            await response.write_eof()
            return response


async def _relay_socket(
    request: web.Request, session: aiohttp.ClientSession, url: str, headers: dict[str, str]
) -> web.StreamResponse:
    protocols = [each.strip() for each in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if each.strip()]
    async with session.ws_connect(url, headers=headers, protocols=protocols, max_msg_size=0) as inner:
        outer = web.WebSocketResponse(protocols=[inner.protocol] if inner.protocol else [], max_msg_size=0)
        await outer.prepare(request)
        ways = [asyncio.ensure_future(_pump(outer, inner)), asyncio.ensure_future(_pump(inner, outer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await outer.close()
        return outer


async def _pump(source: Any, target: Any) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)
        elif message.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
