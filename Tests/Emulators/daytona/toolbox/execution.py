"""Commands that are run to their end within one request."""

import asyncio
import signal

from aiohttp import web

from cloud.fields import Fields
from cloud.machine import Process, Refusal
from daytona.refusals import bad_request, daemon_refusal, invalid_body
from daytona.registry import Registry
from daytona.sandbox import Sandbox
from daytona.toolbox.access import BASE, opened

SHELL = "/bin/bash"
# When a request names no other limit, in seconds.
LIMIT = 360
# How code of each language is run.
LANGUAGES = {"python": ["python3", "-c"], "javascript": ["node", "-e"], "typescript": ["npx", "ts-node", "-e"]}


class Execution:
    """Both streams in one, in the order in which they were written."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_post(BASE + "/process/execute", self._execute)
        router.add_post(BASE + "/process/code-run", self._run_code)

    async def _execute(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            fields = await Fields.read(request, invalid_body)
            command, directory = fields.needed_text("command"), fields.text("cwd")
            env, limit = fields.text_map("envs") or {}, fields.integer("timeout", least=0)
            fields.done()
            if not command.strip():
                raise bad_request("empty command")
            code, result = await _run(sandbox, [SHELL, "-c", command], directory, env, limit or LIMIT)
            return web.json_response({"exitCode": code, "result": result})

    async def _run_code(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            fields = await Fields.read(request, invalid_body)
            code, language = fields.needed_text("code"), fields.needed_text("language")
            argv, env = fields.texts("argv") or [], fields.text_map("envs") or {}
            limit = fields.integer("timeout", least=0)
            fields.done()
            if language not in LANGUAGES:
                raise bad_request(f"unsupported language: {language}")
            status, result = await _run(sandbox, [*LANGUAGES[language], code, *argv], None, env, limit or LIMIT)
            return web.json_response({"exitCode": status, "result": result, "artifacts": {"charts": []}})


async def _run(
    sandbox: Sandbox, argv: list[str], directory: str | None, env: dict[str, str], limit: int
) -> tuple[int, str]:
    """Exit code and output. The code of what a signal has ended is -1."""
    try:
        process = await sandbox.machine.start(
            ["/bin/sh", "-c", 'exec "$@" 2>&1', "sh", *argv],
            env={**sandbox.environment, **env}, cwd=directory or sandbox.workdir, stdin=False,
        )
    except Refusal as refusal:
        if refusal.stage == "machine":
            raise daemon_refusal(502, "bad gateway: the sandbox has ended", source="DAYTONA_PROXY") from None
        # It could not even begin, and nothing says why.
        return -1, ""
    reading = asyncio.ensure_future(_read(process))
    waiting = asyncio.ensure_future(sandbox.ground.clock.sleep(limit))
    try:
        await asyncio.wait({reading, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            await process.signal(signal.SIGKILL)
            raise daemon_refusal(408, "command execution timeout", "PROCESS_EXECUTION_TIMEOUT")
        output, status = reading.result(), await process.wait()
    finally:
        reading.cancel()
        waiting.cancel()
        process.close()
    if not sandbox.running:
        raise daemon_refusal(502, "bad gateway: the sandbox has ended", source="DAYTONA_PROXY")
    return -1 if status.code is None else status.code, output.decode(errors="replace")


async def _read(process: Process) -> bytes:
    """To the end of the output, which those that the command leaves behind may hold open."""
    pieces = []
    while data := await process.stdout.read():
        pieces.append(data)
    await process.wait()
    return b"".join(pieces)
