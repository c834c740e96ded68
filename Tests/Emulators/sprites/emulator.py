"""The emulator of sprites.dev."""

import argparse
from typing import Any

from aiohttp import web

from cloud.emulator import Emulator as Base
from cloud.emulator import Ground
from sprites.checkpoints import Checkpoints
from sprites.execution import Execution
from sprites.files import Files
from sprites.policy import Policy
from sprites.refusals import CODES, refusal
from sprites.registry import Registry
from sprites.sessions import Sessions
from sprites.supervision import Supervision
from sprites.tunnel import Tunnel


class Emulator(Base):
    """Emulates the API of sprites.dev, with sprites that really run programs."""

    delays = {
        "create": 0.05, "delete": 0.05, "wake-cold": 0.1, "wake-warm": 0.02, "checkpoint": 0.05, "restore": 0.1,
        "close": 5.0, "service-restart": 0.5,
    }

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._registry = Registry(ground)
        self._tunnel = Tunnel(ground, self._registry)

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--idle", type=float, default=30, help="seconds without use until a sprite is warm")
        parser.add_argument("--cold-after", type=float, default=600, help="seconds from warm to cold")
        parser.add_argument("--scrollback", type=int, default=1 << 20, help="bytes that an attached client gets again")
        parser.add_argument("--session-info", choices=("always", "terminal"), default="always",
                            help="whether a new program without a terminal is told its session")
        parser.add_argument("--creations-per-minute", type=int, default=0, help="limit, 0 for none")
        parser.add_argument("--most-running", type=int, default=0, help="limit of running sprites, 0 for none")

    def add_routes(self, router: web.UrlDispatcher) -> None:
        execution = Execution(self._registry)
        for routes in (
            self._registry, Sessions(self._registry, execution), execution, Files(self._registry),
            Checkpoints(self._registry), Policy(self._registry), Supervision(self._registry), self._tunnel,
        ):
            routes.add_routes(router)

    def problem(self, status: int, message: str, retry_after: int | None = None) -> web.Response:
        more = {} if retry_after is None else {"retry_after_seconds": retry_after}
        problem = refusal(status, message, CODES.get(status), **more)
        if retry_after is not None:
            problem.headers["Retry-After"] = str(retry_after)
        return problem.response()

    async def front(self, request: web.Request) -> web.StreamResponse | None:
        return await self._tunnel.visit(request, self.authorized(request))

    async def reap(self, request: web.Request) -> None:
        await self._registry.remove(self._registry.find(request))

    def state(self) -> dict[str, Any]:
        return {"sprites": {sprite.name: sprite.status for sprite in self._registry.all}}

    async def close(self) -> None:
        for sprite in self._registry.all:
            sprite.retire()
