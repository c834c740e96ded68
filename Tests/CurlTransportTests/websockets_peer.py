"""A WebSocket server by the `websockets` package. Prints its port when it listens."""

import asyncio
import hashlib
import http
import json

from websockets.asyncio.server import serve

BLOCK = bytes(range(256)) * 4096


def refuse(connection, request):
    if request.path == "/guarded" and request.headers.get("Authorization") != "Bearer let me in":
        return connection.respond(http.HTTPStatus.UNAUTHORIZED, "who are you?\n")
    if request.path == "/missing":
        return connection.respond(http.HTTPStatus.NOT_FOUND, "no such box\n")


def choose(connection, offered):
    return "first" if "first" in offered else None


async def handle(socket):
    name, _, argument = socket.request.path[1:].partition("/")
    await globals()["route_" + name](socket, argument)


async def route_echo(socket, _):
    async for message in socket:
        await socket.send(message)


async def route_guarded(socket, _):
    await socket.send(json.dumps({"agent": socket.request.headers.get("X-Agent")}))


async def route_source(socket, size):
    remaining = int(size)
    while remaining:
        count = min(remaining, len(BLOCK))
        await socket.send(BLOCK[:count])
        remaining -= count
    await socket.close(1000, "all sent")


async def route_sink(socket, pause):
    digest, size = hashlib.sha256(), 0
    async for message in socket:
        if message == "end":
            break
        digest.update(message)
        size += len(message)
        if pause:
            await asyncio.sleep(float(pause))
    await socket.send(json.dumps({"size": size, "sha256": digest.hexdigest()}))


async def route_fragments(socket, _):
    await socket.send(["frag", "mént", "", "s"])
    await socket.send([b"a" * 70000, b"b" * 70000])


async def route_ping(socket, _):
    await asyncio.wait_for(await socket.ping(b"are you there"), 10)
    await socket.send("heard")


async def route_close(socket, code):
    await socket.close(int(code), "because")


async def route_cut(socket, _):
    await socket.send("before")
    await asyncio.sleep(0)
    # Until the client has it.
    await socket.recv()
    socket.transport.abort()


async def main():
    # Frames as large as the tests send; no compression was offered.
    async with serve(handle, "127.0.0.1", 0, process_request=refuse, select_subprotocol=choose,
                     max_size=64 << 20, ping_interval=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


asyncio.run(main())
