"""Terminals over WebSockets."""

import asyncio
import contextlib
import json
import secrets
from typing import Any

from aiohttp import ClientConnectionResetError, WSMsgType, web

from cloud.fields import Fields
from cloud.machine import ROOT, Process, Refusal, TerminalSize
from vercel.command import KILLED
from vercel.identity import PATH, SUDO, WORKING_DIRECTORY
from vercel.refusals import invalid
from vercel.registry import Registry
from vercel.session import Session
from vercel.table import Table

PLACE = "/_interactive/"


class Interactive:
    """Hands out addresses with tokens; who connects there starts one program on a terminal."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._tokens: dict[str, Session] = {}

    def add_routes(self, table: Table) -> None:
        """Adds them."""
        table.add("POST", "/v2/sandboxes/sessions/{session}/interactive", self._open)

    async def _open(self, request: web.Request) -> web.Response:
        _, session = self._registry.owner(request.match_info["session"])
        (await Fields.read(request, invalid, optional=True)).done()
        await session.usable()
        token = secrets.token_urlsafe(24)
        self._tokens[token] = session
        base = session.ground.base_url.replace("http", "ws", 1)
        return web.json_response({"url": f"{base}{PLACE}{session.id}", "token": token})

    async def visit(self, request: web.Request) -> web.StreamResponse | None:
        """None for requests that are for the API."""
        if not request.path.startswith(PLACE):
            return None
        session = self._tokens.pop(request.query.get("token", ""), None)
        if session is None or request.path != PLACE + session.id:
            return web.Response(status=401)
        if session.status != "running":
            return web.Response(status=410)
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        with contextlib.suppress(ClientConnectionResetError, ConnectionResetError):
            if process := await _start(socket, session):
                await _converse(socket, process, session)
        await socket.close()
        return socket


async def _start(socket: web.WebSocketResponse, session: Session) -> Process | None:
    message = _control((await socket.receive()).data)
    if message.get("type") != "start" or not isinstance(message.get("command"), str):
        await socket.send_str(json.dumps({"type": "error", "message": "a start message is expected"}))
        return None
    argv = [message["command"], *(message.get("args") or [])]
    sudo = argv[0] == "sudo" and len(argv) > 1
    env = dict(each.partition("=")[::2] for each in message.get("env") or [])
    try:
        return await session.machine.start(
            argv[1:] if sudo else argv, env={"PATH": PATH, **session.settings.env, **env, **(SUDO if sudo else {})},
            cwd=message.get("cwd") or WORKING_DIRECTORY, user=ROOT if sudo else None,
            terminal=_size(message) or TerminalSize(),
        )
    except Refusal as error:
        await socket.send_bytes(f"{argv[0]}: {error}\r\n".encode())
        await socket.send_str(json.dumps({"type": "exit", "code": 127}))
        return None


async def _converse(socket: web.WebSocketResponse, process: Process, session: Session) -> None:
    """Until the program ends, or the client leaves: then it gets a hangup."""
    sending = asyncio.ensure_future(_send(socket, process, session))
    receiving = asyncio.ensure_future(_receive(socket, process))
    try:
        await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
        if not sending.done():
            await process.signal(1)
    finally:
        sending.cancel()
        receiving.cancel()
        process.close()


async def _send(socket: web.WebSocketResponse, process: Process, session: Session) -> None:
    while data := await process.stdout.read():
        await socket.send_bytes(data)
    status = await process.wait()
    if session.status == "running":
        code = KILLED if status.code is None else status.code
        # A program that went well has no code in its exit.
        await socket.send_str(json.dumps({"type": "exit", **({"code": code} if code else {})}))


async def _receive(socket: web.WebSocketResponse, process: Process) -> None:
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            control = _control(message.data)
            if control.get("type") == "resize" and (size := _size(control)):
                process.resize(size)
        elif message.type is WSMsgType.BINARY and process.stdin:
            with contextlib.suppress(BrokenPipeError):
                await process.stdin.write(message.data)


def _control(text: Any) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, TypeError):
        return {}
    return message if isinstance(message, dict) else {}


def _size(message: dict[str, Any]) -> TerminalSize | None:
    rows, columns = message.get("rows"), message.get("cols")
    if type(rows) is int and type(columns) is int and 0 < rows < 65536 and 0 < columns < 65536:
        return TerminalSize(rows, columns)
    return None
