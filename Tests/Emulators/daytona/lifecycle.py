"""What is done with sandboxes that there are: reading, changes of state, settings, deletion."""

import base64
import binascii
import json
import math
from collections.abc import Awaitable, Callable

from aiohttp import web

from cloud.emulator import Ground
from cloud.fields import Fields
from daytona import state
from daytona.creation import expire
from daytona.refusals import invalid, refusal
from daytona.registry import Registry
from daytona.sandbox import Sandbox

MOST = 200


class Lifecycle:
    """Each begins a change and answers with the sandbox as it is then."""

    def __init__(self, ground: Ground, registry: Registry) -> None:
        self._ground = ground
        self._registry = registry

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_get("/api/sandbox", self._list)
        router.add_get("/api/sandbox/paginated", self._list_by_page)
        one = "/api/sandbox/{sandbox}"
        router.add_get(one, self._get)
        router.add_delete(one, self._delete)
        router.add_get(one + "/toolbox-proxy-url", self._toolbox_proxy_url)
        router.add_put(one + "/labels", self._labels)
        router.add_post(one + "/network-settings", self._network)
        router.add_post(one + "/last-activity", self._last_activity)
        router.add_post(one + "/resize", self._resize)
        router.add_post(one + "/public/{value}", self._public)
        for name in ("start", "stop", "pause", "archive", "recover", "backup"):
            router.add_post(f"{one}/{name}", self._changing(getattr(self, f"_{name}")))
        for name in ("autostop", "autopause", "autoarchive", "autodelete", "ttl"):
            router.add_post(f"{one}/{name}/{{minutes}}", self._interval)

    def _changing(
        self, begin: Callable[[Sandbox, web.Request], None]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            sandbox = self._registry.find(request)
            begin(sandbox, request)
            return web.json_response(sandbox.info())

        return handle

    # Reading

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response(self._registry.find(request).info())

    async def _list(self, request: web.Request) -> web.Response:
        query = request.query
        limit = query.get("limit", "100")
        if not limit.isdecimal() or not 1 <= int(limit) <= MOST:
            raise invalid(f"limit must be between 1 and {MOST}")
        found = list(filter(_filter(request), self._registry.seen(request)))
        if after := query.get("cursor"):
            known = [each.id for each in found]
            last = _decode(after)
            if last not in known:
                # It has gone meanwhile: on from where it was, by the age that the cursor tells.
                found = [each for each in found if each.created.isoformat() < _age(after)]
            else:
                found = found[known.index(last) + 1 :]
        page = found[: int(limit)]
        more = len(found) > len(page)
        return web.json_response({"items": [each.entry() for each in page],
                                  "nextCursor": _encode(page[-1]) if more else None})

    async def _list_by_page(self, request: web.Request) -> web.Response:
        """As clients of before cursors ask for it."""
        page, limit = (request.query.get(name, default) for name, default in (("page", "1"), ("limit", "10")))
        if not page.isdecimal() or not limit.isdecimal() or int(page) < 1 or not 1 <= int(limit) <= MOST:
            raise invalid(f"page must be positive, and limit between 1 and {MOST}")
        found = list(filter(_filter(request), self._registry.seen(request)))
        shown = found[(int(page) - 1) * int(limit) : int(page) * int(limit)]
        return web.json_response({"items": [each.info() for each in shown], "total": len(found), "page": int(page),
                                  "totalPages": math.ceil(len(found) / int(limit))})

    async def _toolbox_proxy_url(self, request: web.Request) -> web.Response:
        self._registry.find(request)
        return web.json_response({"url": f"{self._ground.base_url}/toolbox"})

    # States

    def _start(self, sandbox: Sandbox, _: web.Request) -> None:
        if sandbox.state == state.STARTED and not sandbox.pending:
            return
        sandbox.healthy()
        sandbox.settle()
        before = sandbox.state
        if before not in (state.STOPPED, state.ARCHIVED, state.PAUSED):
            raise invalid("Sandbox is not in valid state")

        async def work() -> None:
            await self._ground.delays.wait({state.ARCHIVED: "restore", state.PAUSED: "resume"}.get(before, "start"))
            if before == state.PAUSED:
                await sandbox.machine.thaw()
            else:
                # A new one with each start.
                sandbox.renew_token()
            sandbox.fail_if_asked("start")

        through = {state.ARCHIVED: state.RESTORING, state.PAUSED: state.RESUMING}.get(before, state.STARTING)
        sandbox.change(through, state.STARTED, work)

    def _stop(self, sandbox: Sandbox, _: web.Request) -> None:
        sandbox.healthy()
        sandbox.settle()
        if sandbox.state not in (state.STARTED, state.PAUSED):
            raise invalid("Sandbox is not in a stoppable state")
        self._registry.stop(sandbox)

    def _pause(self, sandbox: Sandbox, _: web.Request) -> None:
        if sandbox.state != state.STARTED:
            raise invalid("Sandbox must be in started state to pause")
        sandbox.settle()
        if sandbox.kind != state.VIRTUAL_MACHINE:
            raise refusal(422, "Pausing is not supported for this sandbox")
        self._registry.pause(sandbox)

    def _archive(self, sandbox: Sandbox, _: web.Request) -> None:
        sandbox.healthy()
        sandbox.settle()
        if sandbox.state != state.STOPPED:
            raise invalid("Sandbox is not stopped")
        if sandbox.settings.ephemeral:
            raise invalid("Ephemeral sandboxes cannot be archived")
        self._registry.archive(sandbox)

    def _recover(self, sandbox: Sandbox, request: web.Request) -> None:
        if not sandbox.recoverable:
            raise invalid("Sandbox is not in a recoverable state")
        sandbox.settle()
        skip = request.query.get("skipStart") == "true"

        async def work() -> None:
            await self._ground.delays.wait("start")
            sandbox.error, sandbox.recoverable = None, False
            await sandbox.halt()

        sandbox.change(state.STARTING, state.STOPPED if skip else state.STARTED, work)

    def _backup(self, sandbox: Sandbox, _: web.Request) -> None:
        if sandbox.settings.ephemeral:
            raise invalid("Ephemeral sandboxes cannot be backed up")
        sandbox.backup = "Completed"

    async def _resize(self, request: web.Request) -> web.Response:
        sandbox = self._registry.find(request)
        fields = await Fields.read(request, invalid)
        asked = {each: fields.integer(each, least=1) for each in ("cpu", "memory", "disk")}
        fields.done()
        before = sandbox.state
        if before not in (state.STARTED, state.STOPPED):
            raise invalid("Sandbox must be in started or stopped state to resize")
        sandbox.settle()
        given = sandbox.settings
        changed = {each: value for each, value in asked.items() if value and value != getattr(given, each)}
        if not changed:
            raise invalid("No resource changes specified - sandbox is already at the desired configuration")
        if asked["disk"] and before != state.STOPPED:
            raise invalid("Disk resize can only be performed on a stopped sandbox")
        if before == state.STARTED and any(value < getattr(given, each) for each, value in changed.items()):
            raise invalid("Sandbox must be in stopped state to decrease CPU or memory")
        if changed.get("disk", given.disk) < given.disk:
            raise invalid("Sandbox disk size cannot be decreased")

        async def work() -> None:
            await self._ground.delays.wait("resize")
            for each, value in changed.items():
                setattr(given, each, value)

        sandbox.change(state.RESIZING, before, work)
        return web.json_response(sandbox.info())

    async def _delete(self, request: web.Request) -> web.Response:
        sandbox = self._registry.find(request)
        self._registry.destroy(sandbox)
        return web.json_response(sandbox.info())

    # Settings

    async def _labels(self, request: web.Request) -> web.Response:
        sandbox = self._registry.find(request)
        fields = await Fields.read(request, invalid)
        labels = fields.text_map("labels")
        fields.done()
        if labels is None:
            raise invalid("labels must be an object")
        sandbox.settings.labels = labels
        return web.json_response({"labels": labels})

    async def _network(self, request: web.Request) -> web.Response:
        given = (sandbox := self._registry.find(request)).settings
        fields = await Fields.read(request, invalid)
        block, network = fields.flag("networkBlockAll"), fields.text("networkAllowList")
        domains = fields.text("domainAllowList")
        fields.done()
        if domains is not None:
            given.domains = domains.strip() or None
        if block is not None:
            given.block_network = block
            given.network = None
        if network is not None:
            given.network = network.strip() or None
            given.block_network = given.block_network and given.network is None
        return web.json_response(sandbox.info())

    async def _last_activity(self, request: web.Request) -> web.Response:
        self._registry.find(request).touch()
        return web.Response(status=201)

    async def _public(self, request: web.Request) -> web.Response:
        sandbox = self._registry.find(request)
        if request.match_info["value"] not in ("true", "false"):
            raise invalid("Validation failed (boolean string is expected)")
        sandbox.settings.public = request.match_info["value"] == "true"
        return web.json_response(sandbox.info())

    async def _interval(self, request: web.Request) -> web.Response:
        sandbox, given = (found := self._registry.find(request)), found.settings
        name, text = request.path.split("/")[-2], request.match_info["minutes"]
        try:
            minutes = int(text)
        except ValueError:
            raise invalid("Validation failed (numeric string is expected)") from None
        if minutes < 0 and name != "autodelete":
            raise invalid(f"{name} interval must be non-negative")
        match name:
            case "autostop":
                given.stop_after = minutes
            case "autopause":
                given.pause_after = minutes
            case "autoarchive":
                given.archive_after = minutes or type(given)().archive_after
            case "autodelete":
                given.delete_after = minutes
            case "ttl":
                expire(sandbox, minutes)
        sandbox.changes.set()
        return web.json_response(sandbox.info())


def _filter(request: web.Request) -> Callable[[Sandbox], bool]:
    """Whether the query asks for a sandbox; what is wrong with it is said even where there is none."""
    query = request.query
    try:
        # Clients of before send `null` where they ask for none.
        labels = json.loads(query.get("labels", "{}")) or {}
    except ValueError:
        raise invalid("Invalid labels JSON format") from None
    if not isinstance(labels, dict):
        raise invalid("Invalid labels JSON format")
    states = [each for text in query.getall("states", []) for each in text.split(",")]
    if unknown := set(states) - set(state.ALL):
        raise invalid(f"unknown states {', '.join(sorted(unknown))}")
    snapshots = [each for text in query.getall("snapshots", []) for each in text.split(",")]
    return lambda sandbox: (
        all(sandbox.settings.labels.get(name) == value for name, value in labels.items())
        and (not states or sandbox.state in states)
        and (not snapshots or sandbox.snapshot in snapshots)
        and sandbox.id.startswith(query.get("id", ""))
        and sandbox.name.startswith(query.get("name", ""))
        and query.get("isPublic", str(sandbox.settings.public).lower()) == str(sandbox.settings.public).lower()
        and query.get("isRecoverable", str(sandbox.recoverable).lower()) == str(sandbox.recoverable).lower()
    )


def _encode(sandbox: Sandbox) -> str:
    return base64.urlsafe_b64encode(f"{sandbox.id} {sandbox.created.isoformat()}".encode()).decode()


def _parts(cursor: str) -> list[str]:
    try:
        parts = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
    except (binascii.Error, UnicodeDecodeError):
        parts = []
    if len(parts) != 2:
        raise invalid("Invalid cursor")
    return parts


def _decode(cursor: str) -> str:
    return _parts(cursor)[0]


def _age(cursor: str) -> str:
    return _parts(cursor)[1]
