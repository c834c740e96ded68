"""The way of a request: journal, faults, credentials, handler, and everything's refusals in the provider's words."""

import asyncio
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientConnectionResetError, web

from cloud.cutting import cut_after
from cloud.emulator import Emulator
from cloud.faults import Fault, Faults, Kind
from cloud.journal import Journal
from cloud.problem import Problem

CONTROL = "/_emulator/"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Handling:
    """The only middleware."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.faults = Faults()
        self.journal = Journal()
        self.crashes: list[str] = []

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Control requests pass by all of this."""
        if request.path.startswith(CONTROL):
            return await handler(request)
        if (answer := await self.emulator.front(request)) is not None:
            return answer
        entry = self.journal.begin(request)
        request["entry"] = entry
        fault = self.faults.take(request.method, request.path)
        entry.fault = fault.kind.value if fault else None
        try:
            response = await (self._mistreat(fault, request, handler) if fault else self._answer(request, handler))
            entry.status = response.status
            return response
        finally:
            entry.seconds = round(time.monotonic() - entry.at, 6)

    def note(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What failed in the background is a mistake of the emulator as well. That a client has left is none."""
        error = context.get("exception")
        if not isinstance(error, ConnectionError):
            text = "".join(traceback.format_exception(error)) if error else ""
            self.crashes.append(f"{context['message']}\n{text}")
            print(self.crashes[-1], file=sys.stderr, flush=True)

    async def late(self, request: web.Request, _: web.StreamResponse) -> None:
        """Before any answer begins: the wait of a slow one, and the note that it is over."""
        if after := request.get("answer_after"):
            await asyncio.sleep(after)
        if entry := request.get("entry"):
            entry.answers()

    async def _mistreat(self, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
        emulator = self.emulator
        match fault.kind:
            case Kind.REFUSED:
                cut_after(request, None).cut()
                return web.Response(status=499)
            case Kind.RATE_LIMITED:
                return emulator.problem(429, "too many requests", fault.retry_after)
            case Kind.STATUS:
                return emulator.problem(fault.status, "injected fault")
            case Kind.UNAUTHORIZED:
                return emulator.problem(401, "credentials have expired")
            case Kind.SLOW:
                await asyncio.sleep(fault.before)
                request["answer_after"] = fault.after
            case Kind.CUT:
                cut_after(request, fault.bytes)
            case Kind.STALLED:
                cut_after(request, fault.bytes, stalls=True)
            case Kind.REAPED:
                await emulator.reap(request)
            case Kind.LOST_ANSWER:
                cutting = cut_after(request, None)
                try:
                    return await self._answer(request, handler)
                finally:
                    cutting.cut()
            case Kind.SILENT:
                silence = cut_after(request, None, silent=True)
                if fault.done:
                    await self._answer(request, handler)
                while not silence.is_closing():
                    await asyncio.sleep(0.05)
                return web.Response(status=499)
        return await self._answer(request, handler)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self.emulator.authorized(request):
            return self.emulator.problem(401, "authentication required")
        try:
            return await handler(request)
        except Problem as problem:
            return problem.response()
        except web.HTTPException as error:
            response = self.emulator.problem(error.status, error.reason)
            if "Allow" in error.headers:
                response.headers["Allow"] = error.headers["Allow"]
            return response
        except (ClientConnectionResetError, ConnectionResetError):
            # The client left; nobody reads what is said now.
            return web.Response(status=499)
        except Exception:
            # A mistake of the emulator itself: told where tests look, so that none passes over it.
            self.crashes.append(traceback.format_exc())
            traceback.print_exc()
            return self.emulator.problem(500, "the emulator has failed")
