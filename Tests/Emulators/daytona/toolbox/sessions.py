"""The routes for sessions, their commands, logs and input."""

import asyncio
import contextlib

import aiohttp
from aiohttp import WSCloseCode, web

from cloud.fields import Fields
from cloud.machine import Refusal
from daytona.refusals import bad_request, daemon_refusal, invalid_body
from daytona.registry import Registry
from daytona.sandbox import Sandbox
from daytona.toolbox.access import BASE, opened
from daytona.toolbox.session import Command, Session

ENTRYPOINT = "entrypoint"
# SDKs of before this one separate the streams themselves: they get the marks.
SEPARATED_SINCE = (0, 140)


class Sessions:
    """Of each sandbox, by the ids that clients give them."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        base = BASE + "/process/session"
        router.add_get(base, self._list)
        router.add_post(base, self._create)
        router.add_get(base + "/{session}", self._get)
        router.add_delete(base + "/{session}", self._delete)
        router.add_post(base + "/{session}/exec", self._exec)
        router.add_get(base + "/{session}/command/{command}", self._get_command)
        router.add_get(base + "/{session}/command/{command}/logs", self._logs)
        router.add_post(base + "/{session}/command/{command}/input", self._input)

    async def _list(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            return web.json_response([each.info() for each in sandbox.sessions.values()])

    async def _create(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            fields = await Fields.read(request, invalid_body)
            known = fields.needed_text("sessionId")
            fields.done()
            if known in sandbox.sessions:
                raise daemon_refusal(409, "conflict: session already exists")
            try:
                sandbox.sessions[known] = await Session.begin(sandbox, known)
            except Refusal as refusal:
                raise daemon_refusal(500, f"failed to start the shell: {refusal}") from None
            return web.Response(status=201)

    async def _get(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            return web.json_response(_session(sandbox, request).info())

    async def _delete(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            session = _session(sandbox, request)
            await session.end()
            sandbox.sessions.pop(session.id, None)
            return web.Response(status=204)

    async def _exec(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            fields = await Fields.read(request, invalid_body)
            text = fields.needed_text("command")
            old = fields.flag("async") or False
            background = fields.flag("runAsync") or old
            echoes = not (fields.flag("suppressInputEcho") or False)
            fields.done()
            if not text.strip():
                raise bad_request("command cannot be empty")
            session = _session(sandbox, request)
            command = Command(text, known=None, echoes=echoes)
            session.run(command, background=background)
            if background:
                return web.json_response({"cmdId": command.id}, status=202)
            await command.ended.wait()
            if command.exit_code is None:
                raise daemon_refusal(410, "session ended before the command completed", "SESSION_ENDED")
            shown = {"cmdId": command.id, "exitCode": command.exit_code}
            if _wants_marks(request):
                return web.json_response({**shown, "output": command.log.marked()})
            stdout, stderr = command.log.streams()
            return web.json_response({**shown, "output": command.log.text(), "stdout": stdout, "stderr": stderr})

    async def _get_command(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            return web.json_response(_command(_session(sandbox, request), request).info())

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        async with opened(self._registry, request) as sandbox:
            command = _command(_session(sandbox, request), request)
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await _follow(request, command)
            if _wants_marks(request):
                return web.Response(text=command.log.marked())
            stdout, stderr = command.log.streams()
            return web.json_response({"output": command.log.text(), "stdout": stdout, "stderr": stderr})

    async def _input(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            fields = await Fields.read(request, invalid_body)
            data = fields.text("data") or ""
            fields.done()
            session = _session(sandbox, request)
            command = _command(session, request)
            if command.exit_code is not None:
                code = command.exit_code
                message = f"command has already completed with exit code {code}"
                raise daemon_refusal(410, message, "COMMAND_ALREADY_COMPLETED")
            if session.over:
                raise daemon_refusal(410, "session process has exited", "SESSION_ENDED")
            if command.input is None:
                raise daemon_refusal(500, "failed to open input pipe")
            if not data.endswith("\n"):
                data += "\n"
            await command.input.write(data.encode())
            if command.echoes:
                command.log.add(1, data.encode())
            return web.Response(status=204)


def _session(sandbox: Sandbox, request: web.Request) -> Session:
    known = request.match_info["session"]
    if known not in sandbox.sessions:
        raise daemon_refusal(404, "not found: session not found")
    return sandbox.sessions[known]


def _command(session: Session, request: web.Request) -> Command:
    known = request.match_info["command"]
    if known not in session.commands:
        raise daemon_refusal(404, "not found: command not found")
    return session.commands[known]


def _wants_marks(request: web.Request) -> bool:
    """Whether the client separates the streams itself."""
    version = request.headers.get("X-Daytona-SDK-Version", "").split(".")
    numbers = [int(each) for each in version[:2] if each.isdecimal()]
    return len(numbers) == 2 and tuple(numbers) < SEPARATED_SINCE


async def _follow(request: web.Request, command: Command) -> web.StreamResponse:
    socket = web.WebSocketResponse(max_msg_size=0, compress=False)
    await socket.prepare(request)
    # Nothing is expected; it is read to see the client leave.
    leaving = asyncio.ensure_future(socket.receive())
    sending = asyncio.ensure_future(_send(socket, command, request.query.get("follow") == "true"))
    try:
        await asyncio.wait({leaving, sending}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
    finally:
        for task in (leaving, sending):
            task.cancel()
        await asyncio.gather(leaving, sending, return_exceptions=True)
    await socket.close(code=WSCloseCode.OK)
    return socket


async def _send(socket: web.WebSocketResponse, command: Command, follow: bool) -> None:
    with contextlib.suppress(aiohttp.ClientConnectionResetError):
        if not follow:
            await socket.send_bytes(bytes(command.log.content))
            return
        async with contextlib.aclosing(command.log.follow()) as pieces:
            async for piece in pieces:
                await socket.send_bytes(piece)
