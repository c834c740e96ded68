"""Ports of sessions, reached by host name."""

import aiohttp
from aiohttp import web

from cloud.proxy import relay
from vercel.registry import Registry


class Ports:
    """Serves what is asked at one of the host names that routes have."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def visit(self, request: web.Request) -> web.StreamResponse | None:
        """None for requests that are for the API."""
        label, _, rest = request.host.partition(":")[0].partition(".")
        if rest not in ("localhost", "vercel.run") or not label.startswith("sb-"):
            return None
        for sandbox in self._registry.all:
            for session in sandbox.sessions:
                for route in session.routes:
                    if route.subdomain != label:
                        continue
                    if session.status == "pending":
                        await session.changed()
                    if session.status != "running":
                        return _page(410, "SANDBOX_STOPPED", "The sandbox has stopped.")
                    try:
                        return await relay(request, session.machine, route.port, request.path_qs)
                    except aiohttp.ClientConnectionError:
                        return _page(502, "SANDBOX_NOT_LISTENING", f"Nothing listens on port {route.port}.")
        return _page(404, "SANDBOX_NOT_FOUND", "There is no such sandbox.")


def _page(status: int, code: str, text: str) -> web.Response:
    return web.Response(status=status, text=f"{text}\n\n{code}\n", headers={"X-Vercel-Error": code})
