"""`exec` over WebSockets: new programs, and those that one attaches to again."""

import asyncio
import contextlib
import errno
import json
from collections.abc import Mapping

from aiohttp import ClientConnectionResetError, WSMsgType, web

from cloud.machine import Refusal, TerminalSize
from sprites.asked import Asked, resolved
from sprites.refusals import invalid, refusal
from sprites.registry import Registry
from sprites.session import Session
from sprites.sprite import Sprite

STDIN, STDOUT, STDERR, EXIT, STDIN_EOF = range(5)


class Execution:
    """The routes for programs' connections."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_get("/v1/sprites/{name}/exec/{id}", self._attach)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """GET on `exec` with an upgrade."""
        sprite = self._registry.find(request)
        if known := request.query.get("id"):
            return await self._attached(request, sprite, known)
        asked = Asked.parse(request)
        async with sprite.used():
            socket = await _upgrade(request)
            try:
                process = await sprite.machine.start(
                    asked.argv, program=asked.program, env=asked.env, bare=bool(asked.env), cwd=asked.directory,
                    terminal=asked.terminal, stdin=asked.stdin,
                )
            except Refusal as error:
                if error.stage == "machine":
                    _drop(request)
                else:
                    await _tell_refusal(socket, asked, error)
                return socket
            options, clock = sprite.ground.options, sprite.ground.clock
            command = " ".join([resolved(sprite, asked.program), *asked.argv[1:]])
            session = Session(process, command, asked.directory, asked.grace, options.scrollback, clock)
            sprite.sessions[session.id] = session
            session.attach()
            try:
                following = asyncio.ensure_future(_send(socket, session))
                # Until it follows; only then may there be something to miss.
                await asyncio.sleep(0)
                recorded = session.begin()
                recorded.add_done_callback(lambda _: _forget(sprite, session))
                if session.tty or options.session_info == "always":
                    await _text(socket, session.info(owner=True))
                await self._converse(request, sprite, session, socket, following)
            finally:
                session.detach()
        return socket

    async def _attach(self, request: web.Request) -> web.StreamResponse:
        return await self._attached(request, self._registry.find(request), request.match_info["id"])

    async def _attached(self, request: web.Request, sprite: Sprite, known: str) -> web.StreamResponse:
        async with sprite.used():
            session = sprite.live.get(known)
            if session is None:
                raise refusal(404, f"session not found: {known}")
            socket = await _upgrade(request)
            session.attach()
            try:
                await _text(socket, session.info(owner=False))
                following = asyncio.ensure_future(_send(socket, session))
                await self._converse(request, sprite, session, socket, following)
            finally:
                session.detach()
        return socket

    async def _converse(
        self, request: web.Request, sprite: Sprite, session: Session, socket: web.WebSocketResponse,
        following: "asyncio.Task[None]",
    ) -> None:
        """Until the program's end was told, or the client has left."""
        receiving = asyncio.ensure_future(_receive(socket, session))
        try:
            # Looked at from time to time: who writes to a program that does not read does not see the client leave.
            while not following.done() and not receiving.done() and request.transport is not None:
                await asyncio.wait({following, receiving}, timeout=1, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                return
            following.result()
            if session.tty or session.lost:
                # No close frame: the connection simply ends.
                _drop(request)
            else:
                # The provider closes some seconds after the exit, unless the client does.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(receiving), sprite.ground.delays.seconds["close"])
                await socket.close()
        finally:
            for task in (following, receiving):
                task.cancel()


async def _send(socket: web.WebSocketResponse, session: Session) -> None:
    async with contextlib.aclosing(session.recording.follow()) as chunks:
        async for chunk in chunks:
            await socket.send_bytes(chunk.data if session.tty else bytes([chunk.stream]) + chunk.data)
    if session.lost:
        return
    if session.tty:
        await _text(socket, {"type": "exit", "exit_code": session.exit_code})
    else:
        await socket.send_bytes(bytes([EXIT, session.exit_code]))


async def _receive(socket: web.WebSocketResponse, session: Session) -> None:
    stdin = session.process.stdin
    async for message in socket:
        with contextlib.suppress(BrokenPipeError):
            if message.type is WSMsgType.TEXT:
                _control(session, message.data)
            elif message.type is WSMsgType.BINARY and stdin:
                if session.tty:
                    await stdin.write(message.data)
                elif message.data[:1] == bytes([STDIN]):
                    await stdin.write(message.data[1:])
                elif message.data[:1] == bytes([STDIN_EOF]):
                    stdin.close()


def _control(session: Session, text: str) -> None:
    try:
        asked = json.loads(text)
    except ValueError:
        return
    if isinstance(asked, dict) and asked.get("type") == "resize" and session.tty:
        rows, columns = asked.get("rows"), asked.get("cols")
        if isinstance(rows, int) and isinstance(columns, int) and 0 < rows < 65536 and 0 < columns < 65536:
            session.process.resize(TerminalSize(rows, columns))


async def _tell_refusal(socket: web.WebSocketResponse, asked: Asked, error: Refusal) -> None:
    code = {errno.ENOENT: 127, errno.EACCES: 126}.get(error.errno, 1) if error.stage == "program" else 1
    what = asked.program if error.stage == "program" else asked.directory
    text = f"{what}: {error}\n".encode()
    await socket.send_bytes(text if asked.terminal else bytes([STDERR]) + text)
    if asked.terminal:
        await _text(socket, {"type": "exit", "exit_code": code})
    else:
        await socket.send_bytes(bytes([EXIT, code]))
    await socket.close()


def _forget(sprite: Sprite, session: Session) -> None:
    """An ended session is in no list; its id may have been used again."""
    if sprite.sessions.get(session.id) is session:
        del sprite.sessions[session.id]
    session.close()


async def _upgrade(request: web.Request) -> web.WebSocketResponse:
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise invalid("a WebSocket upgrade is needed")
    socket = web.WebSocketResponse(max_msg_size=0, compress=False, autoping=True)
    await socket.prepare(request)
    return socket


async def _text(socket: web.WebSocketResponse, message: Mapping[str, object]) -> None:
    with contextlib.suppress(ClientConnectionResetError):
        await socket.send_str(json.dumps(message))


def _drop(request: web.Request) -> None:
    if request.transport:
        request.transport.close()
