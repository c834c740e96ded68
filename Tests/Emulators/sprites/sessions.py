"""The list of what `exec` has running, and its end."""

import asyncio
import signal

from aiohttp import web

from cloud.fields import Fields
from sprites.execution import Execution
from sprites.lines import Lines
from sprites.refusals import invalid, refusal
from sprites.registry import Registry


class Sessions:
    """`GET exec` is both: a list, and with an upgrade a new program."""

    def __init__(self, registry: Registry, execution: Execution) -> None:
        self._registry = registry
        self._execution = execution

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_get("/v1/sprites/{name}/exec", self._list_or_connect)
        router.add_post("/v1/sprites/{name}/exec/{id}/kill", self._kill)

    async def _list_or_connect(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket" or request.query:
            return await self._execution.connect(request)
        sprite = self._registry.find(request)
        async with sprite.used():
            entries = [session.entry() for session in sprite.live.values()]
            return web.json_response({"count": len(entries), "sessions": entries})

    async def _kill(self, request: web.Request) -> web.StreamResponse:
        sprite = self._registry.find(request)
        fields = await Fields.read(request, invalid, optional=True)
        name = fields.text("signal", "SIGTERM") or "SIGTERM"
        timeout = fields.number("timeout", 10) or 0
        fields.done()
        number = signal_number(name)
        async with sprite.used():
            session = sprite.live.get(request.match_info["id"])
            if session is None:
                raise refusal(404, f"session not found: {request.match_info['id']}")
            process = session.process
            lines = await Lines.begin(request)
            what = f"Signaling {name} to process group {process.pid}"
            await lines.add(type="signal", message=what, signal=name, pid=process.pid)
            await process.signal(number)
            try:
                await asyncio.wait_for(process.wait(), timeout)
                await lines.add(type="exited", message="Process exited")
            except TimeoutError:
                await lines.add(type="timeout", message=f"Timeout after {timeout:g}s, sending SIGKILL")
                await process.signal(signal.SIGKILL)
                await process.wait()
                await lines.add(type="killed", message="Process killed")
            await lines.add(type="complete", exit_code=session.exit_code)
            return await lines.end()


def signal_number(name: str) -> signal.Signals:
    """`SIGTERM` or `TERM`."""
    try:
        return signal.Signals[name if name.startswith("SIG") else "SIG" + name]
    except KeyError:
        raise invalid(f"invalid signal: {name}") from None
