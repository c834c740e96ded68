"""Ports of sandboxes, by host names: `PORT-SANDBOX.localhost` with a token, `PORT-TOKEN.localhost` without another."""

import hmac
import re
import secrets
from urllib.parse import parse_qsl, urlencode

import aiohttp
from aiohttp import web

from cloud.emulator import Ground
from cloud.problem import Problem
from cloud.proxy import relay
from daytona.refusals import PROXY, daemon_refusal, invalid
from daytona.registry import Registry
from daytona.sandbox import Sandbox

HEADER = "X-Daytona-Preview-Token"
PARAMETER = "DAYTONA_SANDBOX_AUTH_KEY"
QUIET = "X-Daytona-Skip-Last-Activity-Update"
HOST = re.compile(r"(\d+)-([a-z0-9-]+)\.localhost")
# The shortest and the longest life of a signed URL, in seconds.
LIVES = (1, 24 * 60 * 60)


class Previews:
    """Tells URLs, and serves them."""

    def __init__(self, ground: Ground, registry: Registry) -> None:
        self._ground = ground
        self._registry = registry
        # By port and token: the sandbox, and until when.
        self._signed: dict[tuple[int, str], tuple[str, float]] = {}

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds those of the API."""
        port = "/api/sandbox/{sandbox}/ports/{port}"
        router.add_get(port + "/preview-url", self._url)
        router.add_get(port + "/signed-preview-url", self._signed_url)
        router.add_post(port + "/signed-preview-url/{token}/expire", self._expire)
        router.add_get("/api/sandbox/{sandbox}/signing-key", self._signing_key)
        router.add_post("/api/sandbox/{sandbox}/signing-key/rotate", self._rotate_signing_key)

    def _host(self, port: int, known: str) -> str:
        return f"http://{port}-{known}.localhost:{self._ground.base_url.rpartition(':')[2]}"

    async def _url(self, request: web.Request) -> web.Response:
        sandbox, port = self._registry.find(request), _port(request)
        return web.json_response(
            {"sandboxId": sandbox.id, "url": self._host(port, sandbox.id), "token": sandbox.preview_token}
        )

    async def _signed_url(self, request: web.Request) -> web.Response:
        sandbox, port = self._registry.find(request), _port(request)
        life = request.query.get("expiresInSeconds", "60")
        if not life.isdecimal() or not LIVES[0] <= int(life) <= LIVES[1]:
            raise invalid("expiresInSeconds must be between 1 second and 24 hours")
        token = secrets.token_hex(8)
        self._signed[port, token] = (sandbox.id, self._ground.clock.monotonic() + int(life))
        return web.json_response(
            {"sandboxId": sandbox.id, "port": port, "token": token, "url": self._host(port, token)}
        )

    async def _expire(self, request: web.Request) -> web.Response:
        self._registry.find(request)
        self._signed.pop((_port(request), request.match_info["token"]), None)
        return web.Response()

    async def _signing_key(self, request: web.Request) -> web.Response:
        return web.json_response(self._registry.find(request).signing_key)

    async def _rotate_signing_key(self, request: web.Request) -> web.Response:
        sandbox = self._registry.find(request)
        sandbox.signing_key = secrets.token_hex(32)
        return web.json_response(sandbox.signing_key)

    # Serving

    async def visit(self, request: web.Request, authorized: bool) -> web.StreamResponse | None:
        """Answers a request to a preview URL; None for one to the API."""
        named = HOST.fullmatch(request.host.partition(":")[0])
        if named is None:
            return None
        try:
            return await self._serve(request, int(named[1]), named[2], authorized)
        except Problem as problem:
            return problem.response()

    async def _serve(self, request: web.Request, port: int, known: str, authorized: bool) -> web.StreamResponse:
        sandbox = self._by_token(port, known)
        if sandbox is None:
            sandbox = self._registry.get(known)
            if sandbox is None or not (sandbox.settings.public or authorized or has_token(request, sandbox)):
                # As for a browser that is to log in; one that does not exist looks the same.
                login = f"{self._ground.base_url}/authorize?{urlencode({'state': known})}"
                return web.Response(status=307, headers={"Location": login})
        path, _, query = request.path_qs.partition("?")
        kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != PARAMETER]
        if PARAMETER in request.query:
            query = urlencode(kept)
        async with sandbox.used(quietly=request.headers.get(QUIET) == "true"):
            inner = request.clone(headers={name: value for name, value in request.headers.items()
                                           if name not in (HEADER, QUIET)})
            try:
                return await relay(inner if not _upgrades(request) else request, sandbox.machine, port,
                                   path + ("?" + query if query else ""))
            except aiohttp.ClientConnectionError:
                raise daemon_refusal(502, f"bad gateway: nothing listens on port {port}", source=PROXY) from None

    def _by_token(self, port: int, token: str) -> Sandbox | None:
        known, until = self._signed.get((port, token), ("", 0.0))
        return self._registry.get(known) if known and self._ground.clock.monotonic() < until else None


def has_token(request: web.Request, sandbox: Sandbox) -> bool:
    """Whether the request has the sandbox's preview token."""
    given = request.headers.get(HEADER) or request.query.get(PARAMETER) or ""
    return hmac.compare_digest(given.encode(), sandbox.preview_token.encode())


def _upgrades(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def _port(request: web.Request) -> int:
    text = request.match_info["port"]
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise invalid("Invalid port")
    return int(text)
