"""All sprites of the organization: create, get, list, update, delete."""

import asyncio
import base64
import binascii
import re
from collections import deque

from aiohttp import web

from cloud.emulator import Ground
from cloud.fields import Fields
from sprites.refusals import invalid, limited, no_sprite, refusal
from sprites.sprite import ORGANIZATION, Sprite

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
MOST_RESULTS = 50
WINDOW = 60


class Registry:
    """Names are unique. One that is being made or taken away is not to be seen, but taken."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        # By organization and name.
        self._sprites: dict[tuple[str, str], Sprite] = {}
        self._coming: set[tuple[str, str]] = set()
        self._going: set[tuple[str, str]] = set()
        self._created: deque[float] = deque()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_post("/v1/sprites", self._create)
        router.add_get("/v1/sprites", self._list)
        router.add_get("/v1/sprites/{name}", self._get)
        router.add_put("/v1/sprites/{name}", self._update)
        router.add_delete("/v1/sprites/{name}", self._delete)
        router.add_post("/v1/sprites/{name}/upgrade", self._upgrade)

    def find(self, request: web.Request) -> Sprite:
        """The sprite that a path names."""
        name = request.match_info["name"]
        sprite = self._sprites.get((self._organization(request), name))
        if sprite is None:
            raise no_sprite(name)
        return sprite

    def _organization(self, request: web.Request) -> str:
        return self._ground.account(request) or ORGANIZATION

    def by_host(self, host: str) -> Sprite | None:
        """The sprite whose URL has that host name."""
        return next((sprite for sprite in self._sprites.values() if sprite.host == host), None)

    @property
    def all(self) -> list[Sprite]:
        """Those that can be seen."""
        return list(self._sprites.values())

    async def remove(self, sprite: Sprite) -> None:
        """Takes one away."""
        key = (sprite.organization, sprite.name)
        del self._sprites[key]
        self._going.add(key)
        try:
            await self._ground.delays.wait("delete")
            await sprite.remove()
        finally:
            self._going.discard(key)

    async def _create(self, request: web.Request) -> web.Response:
        fields = await Fields.read(request, invalid)
        name = fields.needed_text("name")
        labels = fields.texts("labels", [])
        settings = _url_settings(fields)
        if config := fields.object("config"):
            # Accepted and ignored, as the provider's documentation has it.
            for number in ("ram_mb", "cpus", "storage_gb"):
                config.integer(number, least=1)
            config.text("region")
            config.done()
        fields.flag("wait_for_capacity")
        fields.text("runtime", allowed=("default", "dev"))
        fields.done()
        if not NAME.fullmatch(name):
            raise invalid("name must be lowercase letters, digits and hyphens, at most 63")
        key = (self._organization(request), name)
        if key in self._going:
            raise refusal(409, "a sprite with this name is being deleted")
        if key in self._sprites or key in self._coming:
            raise invalid("name already exists")
        self._count_creation()
        self._coming.add(key)
        try:
            await self._ground.delays.wait("create")
            sprite = Sprite(self._ground, name, self._admit)
            sprite.labels = labels or []
            sprite.url_settings.update(settings or {})
            sprite.organization = key[0]
            self._sprites[key] = sprite
        finally:
            self._coming.discard(key)
        return web.json_response(sprite.info(), status=201)

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response(self.find(request).info())

    async def _list(self, request: web.Request) -> web.Response:
        unknown = set(request.query) - {"max_results", "continuation_token", "prefix", "bulk_load"}
        if unknown:
            raise invalid(f"unknown parameters: {', '.join(sorted(unknown))}")
        most = request.query.get("max_results", str(MOST_RESULTS))
        if not most.isdecimal() or int(most) < 1:
            raise invalid("max_results must be a positive number")
        prefix = request.query.get("prefix", "")
        after = _decode(request.query.get("continuation_token", ""))
        own = {each.name: each for each in self.all if each.organization == self._organization(request)}
        found = sorted(name for name in own if name.startswith(prefix) and name > after)
        page = found[: min(int(most), MOST_RESULTS)]
        more = len(found) > len(page)
        whole = request.query.get("bulk_load") == "true"
        states = [sprite.status for sprite in own.values()]
        return web.json_response({
            "sprites": [own[name].info() if whole else own[name].entry() for name in page],
            "has_more": more,
            "next_continuation_token": _encode(page[-1]) if more else None,
            **{state: states.count(state) for state in ("running", "warm", "cold")},
        })

    async def _update(self, request: web.Request) -> web.Response:
        sprite = self.find(request)
        fields = await Fields.read(request, invalid)
        if "url_settings" not in fields and "labels" not in fields:
            raise invalid("url_settings or labels is required")
        settings, labels = _url_settings(fields), fields.texts("labels")
        fields.done()
        sprite.url_settings.update(settings or {})
        if labels is not None:
            sprite.labels = labels
        sprite.touch()
        return web.json_response(sprite.info())

    async def _delete(self, request: web.Request) -> web.Response:
        # To its end even if the client leaves meanwhile.
        await asyncio.shield(asyncio.ensure_future(self.remove(self.find(request))))
        return web.Response(status=204)

    async def _upgrade(self, request: web.Request) -> web.Response:
        self.find(request)
        return web.Response(status=204)

    def _count_creation(self) -> None:
        limit = self._ground.options.creations_per_minute
        now = self._ground.clock.monotonic()
        while self._created and self._created[0] <= now - WINDOW:
            self._created.popleft()
        if limit and len(self._created) >= limit:
            wait = int(self._created[0] + WINDOW - now) + 1
            raise limited(
                "sprite_creation_rate_limited", "too many sprites created", limit, WINDOW, wait, len(self._created)
            )
        self._created.append(now)

    def _admit(self) -> None:
        """Asked by a sprite that is about to run."""
        limit = self._ground.options.most_running
        running = sum(sprite.status == "running" for sprite in self.all)
        if limit and running >= limit:
            raise limited("concurrent_sprite_limit_exceeded", "too many sprites are running", limit, 0, 5, running)


def _url_settings(fields: Fields) -> dict[str, str] | None:
    settings = fields.object("url_settings")
    if settings is None:
        return None
    found = {
        "auth": settings.text("auth", allowed=("public", "sprite")),
        "private_access": settings.text("private_access"),
    }
    settings.done()
    return {name: value for name, value in found.items() if value is not None}


def _encode(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _decode(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise invalid("continuation_token is none of ours") from None
