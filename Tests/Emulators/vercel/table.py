"""The table of routes."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from vercel.account import Account

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# Where the API lies on vercel.com, and where a base URL without a path puts it.
PREFIXES = ("", "/api")


class Table:
    """Adds routes whose calls have to name their team."""

    def __init__(self, router: web.UrlDispatcher, account: Account) -> None:
        self._router = router
        self._account = account

    def add(self, method: str, path: str, handler: Handler) -> None:
        """One route, with and without the prefix."""

        async def checked(request: web.Request) -> web.StreamResponse:
            self._account.check_team(request)
            return await handler(request)

        for prefix in PREFIXES:
            self._router.add_route(method, prefix + path, checked)
