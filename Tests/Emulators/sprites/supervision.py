"""The routes for services."""

from aiohttp import web

from cloud.fields import Fields
from sprites.durations import seconds
from sprites.lines import Lines
from sprites.refusals import invalid, refusal
from sprites.registry import Registry
from sprites.services import Service, now
from sprites.sessions import signal_number
from sprites.sprite import Sprite

BASE = "/v1/sprites/{name}/services"


class Supervision:
    """Defining, starting, stopping, signalling and forgetting."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_get(BASE, self._list)
        router.add_post(BASE + "/signal", self._signal)
        router.add_get(BASE + "/{service}", self._get)
        router.add_put(BASE + "/{service}", self._put)
        router.add_delete(BASE + "/{service}", self._delete)
        router.add_post(BASE + "/{service}/start", self._start)
        router.add_post(BASE + "/{service}/stop", self._stop)

    async def _list(self, request: web.Request) -> web.Response:
        sprite = self._registry.find(request)
        async with sprite.used():
            return web.json_response([service.entry() for service in sprite.services.values()])

    async def _get(self, request: web.Request) -> web.Response:
        sprite = self._registry.find(request)
        async with sprite.used():
            return web.json_response(_find(sprite, request.match_info["service"]).entry())

    async def _put(self, request: web.Request) -> web.StreamResponse:
        sprite = self._registry.find(request)
        duration = _duration(request, "duration", 5)
        fields = await Fields.read(request, invalid)
        argv = [fields.needed_text("cmd"), *(fields.texts("args", []) or [])]
        needs, port = fields.texts("needs", []) or [], fields.integer("http_port", least=1)
        env, directory = fields.text_map("env", {}) or {}, fields.text("dir")
        fields.done()
        name = request.match_info["service"]
        if missing := [need for need in needs if need not in sprite.services]:
            raise invalid(f"unknown services are needed: {', '.join(missing)}")
        if port and any(each.http_port and each.name != name for each in sprite.services.values()):
            raise refusal(409, "another service has the HTTP port")
        async with sprite.used():
            if name in sprite.services:
                await sprite.services[name].stop(10)
            service = Service(sprite, name, argv, needs, port, env, directory)
            sprite.services[name] = service
            return await _started(request, service, duration)

    async def _start(self, request: web.Request) -> web.StreamResponse:
        sprite = self._registry.find(request)
        duration = _duration(request, "duration", 5)
        service = _find(sprite, request.match_info["service"])
        async with sprite.used():
            return await _started(request, service, duration)

    async def _stop(self, request: web.Request) -> web.StreamResponse:
        sprite = self._registry.find(request)
        timeout = _duration(request, "timeout", 10)
        service = _find(sprite, request.match_info["service"])
        async with sprite.used():
            if service.status == "stopped":
                raise refusal(409, "service is not running")
            lines = await Lines.begin(request)
            await lines.add(type="stopping", timestamp=now())
            await service.stop(timeout)
            await lines.add(type="stopped", timestamp=now())
            await lines.add(type="complete", timestamp=now())
            return await lines.end()

    async def _signal(self, request: web.Request) -> web.Response:
        sprite = self._registry.find(request)
        fields = await Fields.read(request, invalid)
        name, number = fields.needed_text("name"), signal_number(fields.needed_text("signal"))
        fields.done()
        service = _find(sprite, name)
        async with sprite.used():
            if not service.process or service.process.status:
                raise refusal(409, "service is not running")
            await service.process.signal(number)
            return web.Response(status=204)

    async def _delete(self, request: web.Request) -> web.Response:
        sprite = self._registry.find(request)
        service = _find(sprite, request.match_info["service"])
        if needing := [each.name for each in sprite.services.values() if service.name in each.needs]:
            raise refusal(409, f"service is needed by {', '.join(needing)}")
        async with sprite.used():
            await service.stop(10)
            sprite.services.pop(service.name, None)
            return web.Response(status=204)


async def _started(request: web.Request, service: Service, duration: float) -> web.StreamResponse:
    await service.start()
    lines = await Lines.begin(request)
    if service.error:
        await lines.add(type="error", data=service.error, timestamp=now())
    else:
        await lines.add(type="started", timestamp=now())
        await service.tell(lines, duration)
    await lines.add(type="complete", timestamp=now())
    return await lines.end()


def _find(sprite: Sprite, name: str) -> Service:
    if name not in sprite.services:
        raise refusal(404, f"service not found: {name}")
    return sprite.services[name]


def _duration(request: web.Request, name: str, default: float) -> float:
    try:
        return seconds(request.query[name]) if name in request.query else default
    except ValueError as error:
        raise invalid(str(error)) from None
