"""The emulator of Vercel Sandbox."""

import argparse
import contextlib
from typing import Any

from aiohttp import web

from cloud.emulator import Emulator as Base
from cloud.emulator import Ground
from cloud.problem import Problem
from vercel.account import Account
from vercel.commands import Commands
from vercel.drives import Drives
from vercel.files import Files
from vercel.interactive import Interactive
from vercel.ports import Ports
from vercel.refusals import forbidden, refusal
from vercel.registry import Registry
from vercel.sessions import Sessions
from vercel.snapshots import Snapshots
from vercel.table import Table


class Emulator(Base):
    """Emulates the API of Vercel Sandbox, with sessions that really run programs."""

    delays = {"create": 0.05, "start": 0.04, "stop": 0.05, "snapshot": 0.1, "delete": 0.05}

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._account = Account(ground.options, ground.clock.now)
        self._snapshots = Snapshots(ground, self._account)
        drives = Drives(ground, self._account)
        self._registry = Registry(ground, self._account, self._snapshots, drives)
        self._commands = Commands(ground, self._registry)
        self._interactive = Interactive(self._registry)
        self._ports = Ports(self._registry)
        # The names of sandboxes come last: they would hide the others.
        self._routes = (
            Sessions(ground, self._account, self._registry), self._commands, Files(self._registry), self._interactive,
            self._snapshots, drives, self._registry,
        )

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--team", action="append", help="a team; may be repeated (team_emulated)")
        parser.add_argument("--project", action="append", help="a project; may be repeated (prj_emulated)")
        parser.add_argument("--longest", type=int, default=86_400, help="seconds that a session may live at most")
        parser.add_argument("--output", type=int, default=1 << 30, help="bytes of a command's output that are kept")
        parser.add_argument("--stdin-patience", type=float, default=10,
                            help="seconds that a write to a program which does not read waits")
        parser.add_argument("--signals", choices=("process", "session"), default="process",
                            help="whom a signal reaches: the command's process, or all of its processes")
        parser.add_argument("--sparse-pages", action="store_true",
                            help="sandboxes without the tags that are asked for take their place in a page, unseen")
        parser.add_argument("--transition-status", type=int, choices=(422, 410), default=422,
                            help="what a session that is stopping or snapshotting answers")

    def add_routes(self, router: web.UrlDispatcher) -> None:
        table = Table(router, self._account)
        for routes in self._routes:
            routes.add_routes(table)
        router.add_post("/_emulator/streams/close", self._close_streams)

    def problem(self, status: int, message: str, retry_after: int | None = None) -> web.Response:
        if status == 401:
            return forbidden().response()
        problem = refusal(status, message)
        if retry_after is not None:
            problem.headers["Retry-After"] = str(retry_after)
        return problem.response()

    def authorized(self, request: web.Request) -> bool:
        return self._account.knows(request)

    async def front(self, request: web.Request) -> web.StreamResponse | None:
        return await self._ports.visit(request) or await self._interactive.visit(request)

    async def reap(self, request: web.Request) -> None:
        # What is not there, or names no box, is left to the handler.
        with contextlib.suppress(Problem):
            if session := request.match_info.get("session"):
                sandbox, found = self._registry.owner(session)
                await sandbox.abort(found)
            elif "name" in request.match_info:
                await self._registry.remove(self._registry.find(request))

    def state(self) -> dict[str, Any]:
        return {"sandboxes": {sandbox.name: sandbox.current.status for sandbox in self._registry.all}}

    async def close(self) -> None:
        for sandbox in self._registry.all:
            await sandbox.close()
        self._snapshots.close()

    async def _close_streams(self, _: web.Request) -> web.Response:
        return web.json_response({"closed": self._commands.close_streams()})
