"""The way from a request to the toolbox of a sandbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from daytona.previews import QUIET
from daytona.refusals import PROXY, daemon_refusal
from daytona.registry import Registry
from daytona.sandbox import Sandbox

BASE = "/toolbox/{sandbox}"


@asynccontextmanager
async def opened(registry: Registry, request: web.Request) -> AsyncIterator[Sandbox]:
    """The sandbox that the path names, kept awake meanwhile."""
    known = request.match_info["sandbox"]
    sandbox = registry.get(known)
    if sandbox is None:
        raise daemon_refusal(404, f"not found: sandbox {known} not found", "SANDBOX_NOT_FOUND", source=PROXY)
    async with sandbox.used(quietly=request.headers.get(QUIET) == "true"):
        yield sandbox
