"""Which domains a sprite may reach. Kept and checked; there is nothing to reach from an emulated one."""

import re

from aiohttp import web

from cloud.fields import Fields
from sprites.refusals import invalid
from sprites.registry import Registry

DOMAIN = re.compile(r"\*|(\*\.)?([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?\.)+[a-zA-Z]{2,}")
PRESETS = ("defaults",)


class Policy:
    """Rules are a preset, or a domain and what happens with it."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_get("/v1/sprites/{name}/policy/network", self._get)
        router.add_post("/v1/sprites/{name}/policy/network", self._set)

    async def _get(self, request: web.Request) -> web.Response:
        sprite = self._registry.find(request)
        async with sprite.used():
            return web.json_response({"rules": sprite.rules})

    async def _set(self, request: web.Request) -> web.Response:
        sprite = self._registry.find(request)
        fields = await Fields.read(request, invalid)
        rules = fields.objects("rules")
        fields.done()
        if rules is None:
            raise invalid("rules is required")
        checked = [_rule(rule) for rule in rules]
        async with sprite.used():
            sprite.rules = checked
            return web.Response(status=204)


def _rule(fields: Fields) -> dict[str, str]:
    domain, include = fields.text("domain"), fields.text("include", allowed=PRESETS)
    action = fields.text("action", allowed=("allow", "deny"))
    fields.done()
    if include and not domain and not action:
        return {"include": include}
    if not domain or not action or include:
        raise invalid("a rule has either include, or domain and action")
    if not DOMAIN.fullmatch(domain):
        raise invalid(f"invalid domain: {domain}")
    return {"domain": domain, "action": action}
