"""The smallest emulator: it counts what was done, so that tests of the ground see what a fault let through."""

import asyncio
import sys
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import aiohttp
from aiohttp import web

from cloud.emulator import Emulator, Ground
from cloud.machine import Machine, Process, User
from cloud.problem import Problem
from cloud.proxy import relay
from cloud.serving import main

USER = User("dweller", 1001, 1001, "/home/dweller")


class Toy(Emulator):
    """One machine, a counter and a stream."""

    delays = {"start": 0.0}

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.count = 0
        self.reaped = 0
        self.machine: Machine = ground.machines.make("toy", USER)
        self.server: Process | None = None

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/count", self._count)
        router.add_post("/echo", self._echo)
        router.add_get("/stream", self._stream)
        router.add_get("/socket", self._socket)
        router.add_get("/sleep", self._sleep)
        router.add_get("/fail", self._fail)
        router.add_post("/serve", self._serve)
        router.add_post("/reset", self._reset)

    def problem(self, status: int, message: str, retry_after: int | None = None) -> web.Response:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return web.json_response({"message": message}, status=status, headers=headers)

    async def front(self, request: web.Request) -> web.StreamResponse | None:
        if not request.host.startswith("box."):
            return None
        try:
            return await relay(request, self.machine, 8080, request.path_qs)
        except aiohttp.ClientConnectionError:
            return web.Response(status=502)

    async def reap(self, request: web.Request) -> None:
        self.reaped += 1

    def state(self) -> dict[str, Any]:
        return {"count": self.count, "reaped": self.reaped}

    async def _count(self, request: web.Request) -> web.Response:
        self.count += 1
        return web.json_response({"count": self.count})

    async def _echo(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        async for data in request.content.iter_any():
            await response.write(data)
        return response

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(bytes(1000))
        return response

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_bytes(message.data)
        return socket

    async def _sleep(self, request: web.Request) -> web.Response:
        await asyncio.wait_for(self.ground.clock.sleep(1000), 60)
        return web.json_response({})

    async def _fail(self, request: web.Request) -> web.Response:
        if "later" in request.query:
            asyncio.get_running_loop().call_soon(lambda: 1 // 0)
            return web.json_response({})
        raise Problem(418, {"message": "teapot"}) if "tea" in request.query else ZeroDivisionError

    async def _reset(self, request: web.Request) -> web.Response:
        self.count = self.reaped = 0
        await self.machine.kill()
        return web.json_response({})

    async def _serve(self, request: web.Request) -> web.Response:
        script = (
            "import base64, hashlib, http.server as h\n"
            "class H(h.BaseHTTPRequestHandler):\n"
            "  def do_POST(s):\n"
            "    b = s.rfile.read(int(s.headers['Content-Length'])); s.send_response(201)\n"
            "    s.send_header('Content-Length', str(len(b))); s.end_headers(); s.wfile.write(b[::-1])\n"
            "  def do_GET(s):\n"
            "    k = s.headers['Sec-WebSocket-Key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'\n"
            "    s.protocol_version = 'HTTP/1.1'; s.send_response(101); s.send_header('Upgrade', 'websocket')\n"
            "    s.send_header('Connection', 'Upgrade')\n"
            "    a = base64.b64encode(hashlib.sha1(k.encode()).digest()).decode()\n"
            "    s.send_header('Sec-WebSocket-Accept', a); s.end_headers(); s.wfile.flush()\n"
            "    h, m = s.rfile.read(2), s.rfile.read(4); d = s.rfile.read(h[1] & 127)\n"
            "    p = bytes(b ^ m[i % 4] for i, b in enumerate(d))\n"
            "    s.wfile.write(bytes([130, len(p)]) + p[::-1] + bytes([136, 2, 3, 232]))\n"
            "s = h.HTTPServer(('127.0.0.1', 8080), H); print('up', flush=True); s.serve_forever()\n"
        )
        self.server = await self.machine.start(["python3", "-c", script])
        await self.server.stdout.read()
        return web.json_response({})


if __name__ == "__main__":
    sys.exit(main(Toy, sys.argv[1:]))
