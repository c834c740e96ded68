"""What an emulator of one provider has to say for itself."""

import argparse
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from aiohttp import web

from cloud.clock import Clock
from cloud.delays import Delays
from cloud.machine import Machines


def bearer(request: web.Request) -> str:
    """The token of a request, or nothing."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


@dataclass
class Ground:
    """What every emulator gets to stand on."""

    options: argparse.Namespace
    clock: Clock
    delays: Delays
    machines: Machines
    base_url: str = ""
    """`http://127.0.0.1:PORT`, known before the first request."""

    def account(self, request: web.Request) -> str | None:
        """Whose token a request has, of those that `--account` names; None is the first account."""
        token = bearer(request)
        for each in self.options.account:
            known, _, name = each.partition("=")
            if token and hmac.compare_digest(token.encode(), known.encode()):
                return name
        return None


class Emulator:
    """Base of all. A subclass adds its routes and says how its provider refuses."""

    delays: ClassVar[Mapping[str, float]] = {}
    """Names and default seconds of the transitions that take time."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        """Adds options of its own to the command line."""

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds the provider's paths. A handler may raise `Problem`."""
        raise NotImplementedError

    def problem(self, status: int, message: str, retry_after: int | None = None) -> web.Response:
        """A refusal as this provider words it: 401, 404, 405, 429 and all of 5xx come through here."""
        raise NotImplementedError

    def authorized(self, request: web.Request) -> bool:
        """Whether the request has a right to be answered."""
        token = bearer(request)
        return bool(token) and (self.knows(token) or self.ground.account(request) is not None)

    def knows(self, token: str) -> bool:
        """Whether that is one of the tokens of the command line."""
        return any(hmac.compare_digest(token.encode(), known.encode()) for known in self.ground.options.token)

    async def front(self, request: web.Request) -> web.StreamResponse | None:
        """Answers requests that are not for the API, e.g. by their host name; None for all others."""
        return None

    async def reap(self, request: web.Request) -> None:
        """Takes away the box that this request names, as the provider does without being asked."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """What `GET /_emulator/state` shows in addition."""
        return {}

    async def open(self) -> None:
        """Before the first request; the address is known."""

    async def close(self) -> None:
        """Before the machines end."""
