"""Commands of a session: start, wait, list, follow, kill, write to."""

import asyncio
import base64
import binascii
import contextlib
import errno
import json
import os
from typing import Any

from aiohttp import ClientConnectionResetError, web

from cloud.emulator import Ground
from cloud.fields import Fields
from cloud.machine import ROOT, Refusal
from vercel.command import Command
from vercel.identity import PATH, SUDO, WORKING_DIRECTORY
from vercel.refusals import invalid, refusal, stopped
from vercel.registry import Registry
from vercel.session import Session
from vercel.table import Table

NDJSON = "application/x-ndjson"
STOPPED = {"code": "sandbox_stopped", "message": "Sandbox has stopped execution and is no longer available"}
CLOSED = {"code": "sandbox_stream_closed", "message": "Sandbox stream was closed and is not accepting commands"}


class Commands:
    """The routes below `cmd`."""

    def __init__(self, ground: Ground, registry: Registry) -> None:
        self._ground = ground
        self._registry = registry
        self._streams: set[asyncio.Task[bool]] = set()

    def add_routes(self, table: Table) -> None:
        """Adds them."""
        base = "/v2/sandboxes/sessions/{session}/cmd"
        table.add("POST", base, self._start)
        table.add("GET", base, self._list)
        table.add("GET", base + "/{command}", self._get)
        table.add("GET", base + "/{command}/logs", self._logs)
        table.add("POST", base + "/{command}/kill", self._kill)
        table.add("POST", base + "/{command}/stdin", self._write)

    def close_streams(self) -> int:
        """Breaks every stream of output, in band, as when the API loses its own connection. How many were broken."""
        streams, self._streams = self._streams, set()
        return sum(stream.cancel() for stream in streams)

    async def _find(self, request: web.Request) -> Command:
        _, session = self._registry.owner(request.match_info["session"])
        await session.usable()
        command = session.commands.get(request.match_info["command"])
        if command is None:
            raise refusal(404, "Command not found", "command_not_found")
        return command

    async def _start(self, request: web.Request) -> web.StreamResponse:
        _, session = self._registry.owner(request.match_info["session"])
        fields = await Fields.read(request, invalid)
        wait = (fields.flag("wait") or False) or request.query.get("wait") == "true"
        logs = (fields.flag("logs") or False) or request.query.get("logs") == "true"
        command = await self._started(session, fields)
        if not wait:
            return web.json_response({"command": command.begun()})
        return await self._stream(request, command, told=True, logs=logs)

    async def _started(self, session: Session, fields: Fields) -> Command:
        name, args = fields.needed_text("command"), fields.texts("args", []) or []
        cwd = os.path.normpath(os.path.join(WORKING_DIRECTORY, fields.text("cwd") or ""))
        env, sudo = fields.text_map("env", {}) or {}, fields.flag("sudo") or False
        timeout, stdin = fields.integer("timeout", least=1), fields.flag("attachStdin") or False
        fields.done()
        machine = await session.usable()
        environment = {"PATH": PATH, **session.settings.env, **env, **(SUDO if sudo else {})}
        try:
            process = await machine.start(
                [name, *args], env=environment, cwd=cwd, user=ROOT if sudo else None, stdin=stdin
            )
        except Refusal as error:
            raise _refused(error, name, cwd) from error
        command = Command(process, self._ground.clock, session.id, name, args, cwd, self._ground.options.output)
        command.begin(timeout)
        if session.status != "running":
            command.lose()
        session.commands[command.id] = command
        return command

    async def _list(self, request: web.Request) -> web.Response:
        _, session = self._registry.owner(request.match_info["session"])
        await session.usable()
        return web.json_response({"commands": [command.shown() for command in session.commands.values()]})

    async def _get(self, request: web.Request) -> web.Response:
        command = await self._find(request)
        if request.query.get("wait") == "true":
            await command.end()
            if command.lost:
                raise stopped()
        return web.json_response({"command": command.shown()})

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        return await self._stream(request, await self._find(request), told=False, logs=True)

    async def _kill(self, request: web.Request) -> web.Response:
        command = await self._find(request)
        fields = await Fields.read(request, invalid)
        number = fields.integer("signal", least=1)
        fields.done()
        if number is None or number > 64:
            raise invalid("signal must be between 1 and 64")
        if command.ended:
            raise refusal(404, "Command not found or has exited", "command_not_found_or_exited")
        await command.process.signal(number, alone=self._ground.options.signals == "process")
        return web.json_response({"command": command.shown()})

    async def _write(self, request: web.Request) -> web.Response:
        command = await self._find(request)
        fields = await Fields.read(request, invalid)
        text, offset, close = fields.text("data", ""), fields.integer("offset", least=0), fields.flag("close") or False
        fields.done()
        try:
            data = base64.b64decode(text or "", validate=True)
        except binascii.Error:
            raise invalid("data is not base64") from None
        if command.ended:
            raise refusal(404, "Command not found or has exited", "command_not_found_or_exited")
        unavailable = refusal(400, "Command stdin is not available", "command_stdin_unavailable")
        if command.process.stdin is None:
            raise unavailable
        try:
            await command.input.write(data, offset, self._ground.options.stdin_patience)
        except BrokenPipeError:
            raise unavailable from None
        except TimeoutError:
            raise refusal(504, "Timed out writing to stdin", "command_stdin_timeout",
                          bytesWritten=command.input.written) from None
        except ValueError as error:
            raise invalid(str(error)) from None
        if close:
            await command.input.close()
        return web.json_response({"command": command.shown(), "bytesWritten": command.input.written})

    # Streams

    async def _stream(self, request: web.Request, command: Command, *, told: bool, logs: bool) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": NDJSON, "Cache-Control": "no-cache"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        if told:
            # Before it can be broken: who does not know the command cannot follow it, and must not repeat it.
            await _line(response, {"command": command.begun()})
        sending = asyncio.ensure_future(_send(response, command, told=told, logs=logs))
        self._streams.add(sending)
        try:
            await asyncio.wait({sending})
        finally:
            self._streams.discard(sending)
            cut = sending.cancelled()
            sending.cancel()
        if cut:
            await _line(response, {"stream": "error", "data": CLOSED})
        elif not sending.result():
            return response
        with contextlib.suppress(ConnectionResetError):
            await response.write_eof()
        return response


async def _send(response: web.StreamResponse, command: Command, *, told: bool, logs: bool) -> bool:
    """Everything there is to say after the first line; false when nobody listens any more."""
    try:
        if logs:
            async with contextlib.aclosing(command.logs()) as records:
                async for record in records:
                    await _line(response, record)
        if told:
            await command.end()
        if command.lost:
            await _line(response, {"stream": "error", "data": STOPPED})
        elif told:
            await _line(response, {"command": command.shown()})
    except (ClientConnectionResetError, ConnectionResetError):
        return False
    return True


async def _line(response: web.StreamResponse, record: dict[str, Any]) -> None:
    await response.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")


def _refused(error: Refusal, name: str, cwd: str) -> Exception:
    if error.stage == "machine":
        return stopped()
    if error.stage == "program":
        missing = error.errno == errno.ENOENT
        code = "executable_not_found" if missing else "executable_not_executable"
        return refusal(400, f"Executable {name} was not found" if missing else f"{name}: {error}", code)
    return invalid(f"{cwd}: {error}")
