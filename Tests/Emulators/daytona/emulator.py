"""The emulator of Daytona."""

import argparse
import hmac
from typing import Any

from aiohttp import web

from cloud.emulator import Emulator as Base
from cloud.emulator import Ground
from daytona.creation import Creation
from daytona.lifecycle import Lifecycle
from daytona.parameters import check
from daytona.previews import Previews, has_token
from daytona.refusals import PROXY, TOOLBOX, current, daemon_refusal, refusal
from daytona.registry import Registry
from daytona.sandbox import ORGANIZATION, VERSION
from daytona.snapshots import DEFAULT, Snapshots
from daytona.toolbox.execution import Execution
from daytona.toolbox.files import Files
from daytona.toolbox.information import Information
from daytona.toolbox.search import Search
from daytona.toolbox.sessions import Sessions
from daytona.toolbox.signing import signed
from daytona.toolbox.terminals import Terminals
from daytona.toolbox.transfer import Transfer
from daytona.volumes import Volumes

ORGANIZATION_HEADER = "X-Daytona-Organization-ID"
EVENTS = "/api/socket.io/"


class Emulator(Base):
    """Emulates Daytona's API, with sandboxes that really run programs, and the toolbox within them."""

    delays = {
        "create": 0.1, "build": 0.1, "start": 0.1, "stop": 0.05, "pause": 0.05, "resume": 0.05, "archive": 0.2,
        "restore": 0.3, "resize": 0.05, "snapshot": 0.1, "fork": 0.1, "delete": 0.05, "volume": 0.1, "grace": 1.0,
    }

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._registry = Registry(ground)
        self._previews = Previews(ground, self._registry)

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--jwt", action="append", default=[], help="a JWT that is accepted for the organization")

    def add_routes(self, router: web.UrlDispatcher) -> None:
        registry, snapshots = self._registry, Snapshots(self.ground)
        volumes = Volumes(self.ground, registry)
        for routes in (
            Creation(self.ground, registry, snapshots, volumes), Lifecycle(self.ground, registry), snapshots, volumes,
            self._previews, Execution(registry), Sessions(registry), Terminals(registry), Files(registry),
            Transfer(registry), Search(registry), Information(registry),
        ):
            routes.add_routes(router)
        router.add_get("/api/config", self._config)
        router.add_get("/api/health", self._health)

    def problem(self, status: int, message: str, retry_after: int | None = None) -> web.Response:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        request = current.get()
        if request is not None and request.path.startswith(TOOLBOX):
            return daemon_refusal(status, message, source=PROXY, headers=headers).response()
        return refusal(status, message, headers=headers).response()

    def authorized(self, request: web.Request) -> bool:
        # The endpoint of events does not exist here, whoever asks.
        return (
            request.path.startswith(EVENTS) or self._has_credentials(request) or self._has_token(request)
            or signed(request, self._registry)
        )

    def _has_credentials(self, request: web.Request) -> bool:
        return super().authorized(request) or self._jwt(request)

    def _jwt(self, request: web.Request) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        known = any(hmac.compare_digest(token.encode(), each.encode()) for each in self.ground.options.jwt)
        return scheme.lower() == "bearer" and known

    def _has_token(self, request: web.Request) -> bool:
        sandbox = self._registry.get(request.match_info.get("sandbox", ""))
        return sandbox is not None and request.path.startswith(TOOLBOX) and has_token(request, sandbox)

    async def front(self, request: web.Request) -> web.StreamResponse | None:
        current.set(request)
        if self._jwt(request) and request.path.startswith("/api/") and not request.path.startswith(EVENTS):
            if request.headers.get(ORGANIZATION_HEADER) != ORGANIZATION:
                return refusal(403, "Organization ID is required, and must be one of the user's").response()
        if (answer := await self._previews.visit(request, self._has_credentials(request))) is not None:
            return answer
        # Who has no right to ask learns nothing else.
        problem = check(request) if self.authorized(request) else None
        return problem.response() if problem else None

    async def reap(self, request: web.Request) -> None:
        sandbox = self._registry.get(request.match_info.get("sandbox", ""))
        if sandbox:
            await self._registry.vanish(sandbox)

    def state(self) -> dict[str, Any]:
        return {"organization": ORGANIZATION,
                "sandboxes": {sandbox.name: sandbox.state for sandbox in self._registry.all}}

    async def close(self) -> None:
        for sandbox in self._registry.all:
            await self._registry.vanish(sandbox)

    async def _config(self, request: web.Request) -> web.Response:
        base = self.ground.base_url
        return web.json_response({
            "version": VERSION, "oidc": {"issuer": base, "clientId": "emulator", "audience": "emulator"},
            "linkedAccountsEnabled": False, "announcements": {}, "defaultSnapshot": DEFAULT, "dashboardUrl": base,
            "proxyTemplateUrl": base.replace("127.0.0.1", "{{PORT}}-{{sandboxId}}.localhost"),
            "proxyToolboxUrl": f"{base}/toolbox", "maxAutoArchiveInterval": 43200, "maintananceMode": False,
            "environment": "emulator",
        })

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})
