"""Sessions of sandboxes: list, get, stop, extend, change the network policy, take a snapshot."""

from aiohttp import web

from cloud.emulator import Ground
from cloud.fields import Fields
from vercel.account import Account
from vercel.pages import page
from vercel.policy import parse
from vercel.refusals import invalid, refusal, stopped
from vercel.registry import Registry
from vercel.session import MESSAGES, Session
from vercel.settings import checked_expiration
from vercel.table import Table


class Sessions:
    """The routes for sessions as a whole."""

    def __init__(self, ground: Ground, account: Account, registry: Registry) -> None:
        self._ground = ground
        self._account = account
        self._registry = registry

    def add_routes(self, table: Table) -> None:
        """Adds them."""
        base = "/v2/sandboxes/sessions"
        table.add("GET", base, self._list)
        table.add("GET", base + "/{session}", self._get)
        table.add("POST", base + "/{session}/stop", self._stop)
        table.add("POST", base + "/{session}/extend-timeout", self._extend)
        table.add("POST", base + "/{session}/network-policy", self._set_policy)
        table.add("POST", base + "/{session}/snapshot", self._snapshot)

    async def _list(self, request: web.Request) -> web.Response:
        project = self._account.project(request, request.query.get("project"))
        name = request.query.get("name")
        found = [
            session for sandbox in self._registry.all if sandbox.project == project and name in (None, sandbox.name)
            for session in sandbox.sessions
        ]
        return page(
            request, found, "sessions", Session.shown, lambda session: (session.times["requestedAt"], session.number)
        )

    async def _get(self, request: web.Request) -> web.Response:
        _, session = self._registry.owner(request.match_info["session"])
        return web.json_response({"session": session.shown(), "routes": session.shown_routes()})

    async def _stop(self, request: web.Request) -> web.Response:
        sandbox, session = self._registry.owner(request.match_info["session"])
        (await Fields.read(request, invalid, optional=True)).done()
        if session.status not in MESSAGES:
            # One that is ending already goes on with that.
            await session.usable()
            sandbox.stop(session)
        return web.json_response({"session": session.shown(), "sandbox": sandbox.shown()})

    async def _extend(self, request: web.Request) -> web.Response:
        _, session = self._registry.owner(request.match_info["session"])
        fields = await Fields.read(request, invalid)
        duration = fields.integer("duration", least=1)
        fields.done()
        if duration is None:
            raise invalid("duration is required")
        await session.usable()
        if session.timeout + duration > self._ground.options.longest * 1000:
            raise refusal(400, "Extension would exceed the maximum execution timeout", "sandbox_timeout_invalid")
        session.extend(duration)
        return web.json_response({"session": session.shown()})

    async def _set_policy(self, request: web.Request) -> web.Response:
        _, session = self._registry.owner(request.match_info["session"])
        fields = await Fields.read(request, invalid)
        policy = parse({name: fields.anything(name) for name in fields.names})
        await session.usable()
        session.network_policy = policy
        return web.json_response({"session": session.shown()})

    async def _snapshot(self, request: web.Request) -> web.Response:
        sandbox, session = self._registry.owner(request.match_info["session"])
        fields = await Fields.read(request, invalid, optional=True)
        expiration = fields.integer("expiration")
        fields.done()
        if expiration is not None:
            checked_expiration(expiration)
        await session.usable()
        if session is not sandbox.current:
            raise stopped()
        snapshot = await sandbox.take_snapshot(session, expiration)
        return web.json_response({"snapshot": snapshot.shown(), "session": session.shown()}, status=201)
