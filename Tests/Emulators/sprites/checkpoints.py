"""Copies of a sprite's disk, and the way back to one."""

from aiohttp import web

from cloud.fields import Fields
from cloud.problem import Problem
from sprites.lines import Lines
from sprites.refusals import invalid, refusal
from sprites.registry import Registry
from sprites.sprite import Checkpoint, Sprite


class Checkpoints:
    """Made while programs run; restoring ends them. Both tell of their progress line by line."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_post("/v1/sprites/{name}/checkpoint", self._create)
        router.add_get("/v1/sprites/{name}/checkpoints", self._list)
        router.add_get("/v1/sprites/{name}/checkpoints/{id}", self._get)
        router.add_post("/v1/sprites/{name}/checkpoints/{id}/restore", self._restore)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        sprite = self._registry.find(request)
        fields = await Fields.read(request, invalid, optional=True)
        comment = fields.text("comment")
        fields.done()
        ground = sprite.ground
        async with sprite.used():
            progress = Progress(sprite, await Lines.begin(request))
            await progress.tell("Creating checkpoint...")
            await ground.delays.wait("checkpoint")
            try:
                made = await sprite.checkpoint(comment)
            except Problem as problem:
                return await progress.fail(problem)
            return await progress.end(f"Checkpoint {made.id} created successfully")

    async def _list(self, request: web.Request) -> web.Response:
        sprite = self._registry.find(request)
        among = request.query.get("history")
        async with sprite.used():
            found = [each for each in sprite.checkpoints.values() if not among or among in each.history]
            return web.json_response([each.entry() for each in reversed(found)])

    async def _get(self, request: web.Request) -> web.Response:
        sprite = self._registry.find(request)
        async with sprite.used():
            return web.json_response(_find(sprite, request).entry())

    async def _restore(self, request: web.Request) -> web.StreamResponse:
        sprite = self._registry.find(request)
        checkpoint = _find(sprite, request)
        async with sprite.used():
            progress = Progress(sprite, await Lines.begin(request))
            await progress.tell(f"Restoring from checkpoint {checkpoint.id}...")
            await sprite.ground.delays.wait("restore")
            try:
                await sprite.restore(checkpoint)
            except Problem as problem:
                return await progress.fail(problem)
            return await progress.end(f"Restored from checkpoint {checkpoint.id}")


class Progress:
    """Lines with the time of each."""

    def __init__(self, sprite: Sprite, lines: Lines) -> None:
        self._sprite = sprite
        self._lines = lines

    async def tell(self, data: str) -> None:
        """Something is going on."""
        await self._lines.add(type="info", data=data, time=self._sprite.ground.clock.now().isoformat())

    async def end(self, data: str) -> web.StreamResponse:
        """It is done."""
        await self._lines.add(type="complete", data=data, time=self._sprite.ground.clock.now().isoformat())
        return await self._lines.end()

    async def fail(self, problem: Problem) -> web.StreamResponse:
        """It came to nothing."""
        error = str(problem.body["message"])
        await self._lines.add(type="error", error=error, time=self._sprite.ground.clock.now().isoformat())
        return await self._lines.end()


def _find(sprite: Sprite, request: web.Request) -> Checkpoint:
    known = request.match_info["id"]
    if known not in sprite.checkpoints:
        raise refusal(404, f"checkpoint not found: {known}")
    return sprite.checkpoints[known]
