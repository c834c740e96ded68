"""The routes for pseudoterminals."""

import base64
import json

from aiohttp import web

from cloud.fields import Fields
from cloud.machine import Refusal, TerminalSize
from daytona.refusals import bad_request, daemon_refusal, invalid_body
from daytona.registry import Registry
from daytona.sandbox import Sandbox
from daytona.toolbox.access import BASE, opened
from daytona.toolbox.terminal import EXIT_CONTROL, Terminal

ENVIRONMENT = "X-Daytona-Pty-Envs~"
MOST = 1000


class Terminals:
    """Of each sandbox, by the ids that clients give them."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        base = BASE + "/process/pty"
        router.add_get(base, self._list)
        router.add_post(base, self._create)
        router.add_get(base + "/create-connect", self._create_and_connect)
        router.add_get(base + "/{terminal}", self._get)
        router.add_delete(base + "/{terminal}", self._delete)
        router.add_get(base + "/{terminal}/connect", self._connect)
        router.add_post(base + "/{terminal}/resize", self._resize)

    async def _list(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            return web.json_response({"sessions": [each.info() for each in sandbox.terminals.values()]})

    async def _create(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            fields = await Fields.read(request, invalid_body)
            known, directory = fields.needed_text("id"), fields.text("cwd")
            env, lazy = fields.text_map("envs") or {}, fields.flag("lazyStart") or False
            columns, rows = fields.integer("cols", 80), fields.integer("rows", 24)
            fields.done()
            terminal = _make(sandbox, known, directory, env, _size(columns, rows), lazy)
            if not lazy:
                try:
                    await terminal.start()
                except Refusal:
                    sandbox.terminals.pop(known, None)
                    raise daemon_refusal(500, "failed to start PTY session") from None
            return web.json_response({"sessionId": known}, status=201)

    async def _get(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            return web.json_response(_terminal(sandbox, request).info())

    async def _delete(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            await _terminal(sandbox, request).kill()
            return web.json_response({"message": "PTY session deleted"})

    async def _resize(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            fields = await Fields.read(request, invalid_body)
            columns, rows = fields.integer("cols"), fields.integer("rows")
            fields.done()
            known = request.match_info["terminal"]
            if known not in sandbox.terminals:
                raise daemon_refusal(410, f"PTY session {known} not found")
            sandbox.terminals[known].resize(_size(columns, rows))
            return web.json_response(sandbox.terminals[known].info())

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        async with opened(self._registry, request) as sandbox:
            known = request.match_info["terminal"]
            return await _serve(request, sandbox.terminals.get(known), f"PTY session {known} not found")

    async def _create_and_connect(self, request: web.Request) -> web.StreamResponse:
        async with opened(self._registry, request) as sandbox:
            query = request.query
            try:
                columns, rows = int(query.get("cols", "80")), int(query.get("rows", "24"))
                env = _environment(request)
            except ValueError as error:
                raise bad_request(str(error)) from None
            if not query.get("id"):
                raise bad_request("session ID is required")
            terminal = _make(sandbox, query["id"], query.get("cwd"), env, _size(columns, rows), False)
            return await _serve(request, terminal, "")


async def _serve(request: web.Request, terminal: Terminal | None, missing: str) -> web.StreamResponse:
    """Upgrades in any case; what is wrong is told within."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise bad_request("a WebSocket upgrade is needed")
    offered = [each.strip() for each in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    socket = web.WebSocketResponse(protocols=[EXIT_CONTROL], max_msg_size=0, compress=False)
    trouble = missing
    if terminal:
        try:
            await terminal.attach(request, socket, EXIT_CONTROL in offered)
        except Refusal as refusal:
            terminal.sandbox.terminals.pop(terminal.id, None)
            trouble, terminal = str(refusal), None
    if terminal is None:
        await socket.prepare(request)
        message = f"Failed to connect to PTY session: {trouble}"
        await socket.send_str(json.dumps({"type": "control", "status": "error", "error": message}))
    await socket.close()
    return socket


def _make(
    sandbox: Sandbox, known: str, directory: str | None, env: dict[str, str], size: TerminalSize, lazy: bool
) -> Terminal:
    if known in sandbox.terminals:
        raise daemon_refusal(409, f"PTY session with ID '{known}' already exists")
    terminal = Terminal(sandbox, known, directory or sandbox.workdir, env, size, lazy)
    sandbox.terminals[known] = terminal
    return terminal


def _terminal(sandbox: Sandbox, request: web.Request) -> Terminal:
    known = request.match_info["terminal"]
    if known not in sandbox.terminals:
        raise daemon_refusal(404, "PTY session not found")
    return sandbox.terminals[known]


def _size(columns: int | None, rows: int | None) -> TerminalSize:
    for name, value in (("cols", columns), ("rows", rows)):
        if value is None or not 1 <= value <= MOST:
            raise bad_request(f"invalid value for {name} - must be between 1 and {MOST}")
    return TerminalSize(rows or 0, columns or 0)


def _environment(request: web.Request) -> dict[str, str]:
    for each in request.headers.get("Sec-WebSocket-Protocol", "").split(","):
        if each.strip().startswith(ENVIRONMENT):
            encoded = each.strip().removeprefix(ENVIRONMENT)
            env = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
            if not isinstance(env, dict) or not all(isinstance(value, str) for value in env.values()):
                raise ValueError("failed to unmarshal PTY envs subprotocol")
            return env
    return {}
