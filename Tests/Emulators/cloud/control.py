"""The endpoint for tests: what shall go wrong, what has come, what there is."""

from aiohttp import web

from cloud.fields import Fields
from cloud.handling import CONTROL, Handling
from cloud.problem import Problem


class Control:
    """Routes below `/_emulator/`, without credentials: the emulator listens on loopback alone."""

    def __init__(self, handling: Handling) -> None:
        self._handling = handling

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_get(CONTROL + "faults", self._list_faults)
        router.add_post(CONTROL + "faults", self._add_fault)
        router.add_delete(CONTROL + "faults", self._clear_faults)
        router.add_get(CONTROL + "requests", self._list_requests)
        router.add_delete(CONTROL + "requests", self._clear_requests)
        router.add_get(CONTROL + "state", self._state)
        router.add_post(CONTROL + "clock", self._advance)

    async def _list_faults(self, _: web.Request) -> web.Response:
        return web.json_response({"faults": [fault.as_json() for fault in self._handling.faults.entries]})

    async def _add_fault(self, request: web.Request) -> web.Response:
        try:
            fault = self._handling.faults.add(await Fields.read(request, _refuse))
        except Problem as problem:
            return problem.response()
        except ValueError as error:
            return _refuse(str(error)).response()
        return web.json_response(fault.as_json(), status=201)

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self._handling.faults.entries.clear()
        return web.Response(status=204)

    async def _list_requests(self, request: web.Request) -> web.Response:
        return web.json_response({"requests": self._handling.journal.since(int(request.query.get("since", "0")))})

    async def _clear_requests(self, _: web.Request) -> web.Response:
        self._handling.journal.clear()
        return web.Response(status=204)

    async def _state(self, _: web.Request) -> web.Response:
        emulator = self._handling.emulator
        machines = emulator.ground.machines
        return web.json_response({
            "contained_by": "box" if machines.containment.boxed else "directory",
            "machines": len(machines.all),
            "active_machines": sum(machine.active for machine in machines.all),
            "now": emulator.ground.clock.now().isoformat(),
            "crashes": self._handling.crashes,
            **emulator.state(),
        })

    async def _advance(self, request: web.Request) -> web.Response:
        try:
            fields = await Fields.read(request, _refuse)
            seconds = fields.number("advance", 0) or 0
            fields.done()
        except Problem as problem:
            return problem.response()
        self._handling.emulator.ground.clock.advance(seconds)
        return web.json_response({"now": self._handling.emulator.ground.clock.now().isoformat()})


def _refuse(message: str) -> Problem:
    return Problem(400, {"error": message})
