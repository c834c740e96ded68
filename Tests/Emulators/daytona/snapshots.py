"""Snapshots: what sandboxes are made from. Some come with the service, others are built or taken of sandboxes."""

import asyncio
import math
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from cloud.emulator import Ground
from cloud.fields import Fields
from cloud.machine import User
from daytona import state
from daytona.building import Build
from daytona.refusals import invalid, refusal
from daytona.sandbox import ORGANIZATION, TARGET, Failure, Sandbox

ACTIVE, INACTIVE, PENDING, PULLING, BUILDING = "active", "inactive", "pending", "pulling", "building"
DEFAULT = "daytona-small"
# Names, CPUs, memory and disk of those that come with the service.
GENERAL = (("daytona-small", 1, 1, 3, state.CONTAINER), ("daytona-medium", 2, 4, 8, state.CONTAINER),
           ("daytona-large", 4, 8, 10, state.CONTAINER), ("daytona-vm-small", 1, 1, 3, state.VIRTUAL_MACHINE))


@dataclass
class Snapshot:
    """One of them; without a place it is the plain disk that every machine begins with."""

    name: str
    cpu: int
    memory: int
    disk: int
    kind: str
    now: str
    general: bool = False
    image: str | None = None
    place: Path | None = None
    build: Build | None = None
    source: str | None = None
    workdir: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] | None = None
    state: str = ACTIVE
    error: str | None = None
    used: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def info(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "id": self.id, "organizationId": ORGANIZATION, "general": self.general, "name": self.name,
            "imageName": self.image, "state": self.state, "size": None, "entrypoint": self.entrypoint,
            "cpu": self.cpu, "gpu": 0, "mem": self.memory, "disk": self.disk, "errorReason": self.error,
            "createdAt": self.now, "updatedAt": self.now, "lastUsedAt": self.used, "regionIds": [TARGET],
            "ref": f"snapshot-{self.id}", "sourceSandboxId": self.source, "sandboxClass": self.kind,
            **({"buildInfo": self.build.info()} if self.build else {}),
        }


class Snapshots:
    """Found by id or name."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._snapshots: dict[str, Snapshot] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        for name, cpu, memory, disk, kind in GENERAL:
            self._add(Snapshot(name, cpu, memory, disk, kind, self._now(), general=True, image=f"daytonaio/{name}:1"))

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_get("/api/snapshots", self._list)
        router.add_post("/api/snapshots", self._create)
        router.add_get("/api/snapshots/{id}", self._get)
        router.add_delete("/api/snapshots/{id}", self._delete)
        router.add_post("/api/snapshots/{id}/activate", self._activate)
        router.add_post("/api/snapshots/{id}/deactivate", self._deactivate)
        router.add_get("/api/snapshots/{id}/build-logs-url", self._build_logs_url)
        router.add_get("/api/snapshots/{id}/build-logs", self._build_logs)

    def to_make_from(self, known: str | None) -> Snapshot:
        """The one that a request for a sandbox names."""
        name = known or DEFAULT
        snapshot = self._find(name)
        if snapshot is None:
            raise invalid(f"Snapshot {name} not found. Did you add it through the Daytona Dashboard?")
        if snapshot.state != ACTIVE:
            raise invalid(f"Snapshot {name} is {snapshot.state}")
        snapshot.used = self._now()
        return snapshot

    def claim(self, name: str) -> None:
        """Raises if another one has the name."""
        if self._find(name):
            raise refusal(409, f"Snapshot with name \"{name}\" already exists for this organization")

    async def take(self, sandbox: Sandbox, name: str) -> None:
        """Of a sandbox's disk as it is."""
        place = self.ground.machines.new_place("snapshot")
        await sandbox.machine.snapshot(place)
        given = sandbox.settings
        self._add(Snapshot(name, given.cpu, given.memory, given.disk, sandbox.kind, self._now(), place=place,
                           source=sandbox.id, workdir=sandbox.workdir))

    def fail(self, sandbox: Sandbox, name: str) -> None:
        """Leaves one that will never be whole, and has the name."""
        given = sandbox.settings
        self._add(Snapshot(name, given.cpu, given.memory, given.disk, sandbox.kind, self._now(), state="error",
                           error="the snapshot failed, as a label asks for", source=sandbox.id))

    def _add(self, snapshot: Snapshot) -> None:
        self._snapshots[snapshot.id] = snapshot

    def _now(self) -> str:
        return self.ground.clock.now().isoformat()

    def _find(self, known: str) -> Snapshot | None:
        by_name = (each for each in self._snapshots.values() if each.name == known)
        return self._snapshots.get(known) or next(by_name, None)

    def _named(self, request: web.Request) -> Snapshot:
        known = request.match_info["id"]
        snapshot = self._find(known)
        if snapshot is None:
            raise refusal(404, f"Snapshot with ID or name {known} not found")
        return snapshot

    async def _list(self, request: web.Request) -> web.Response:
        query = request.query
        page, limit = int(query.get("page", "1")), int(query.get("limit", "100"))
        name, source = query.get("name"), query.get("sourceSandboxId")
        found = [
            each for each in reversed(self._snapshots.values())
            if (not name or name in each.name) and (not source or each.source == source)
        ]
        shown = found[(page - 1) * limit : page * limit]
        return web.json_response({"items": [each.info() for each in shown], "total": len(found), "page": page,
                                  "totalPages": math.ceil(len(found) / limit)})

    async def _create(self, request: web.Request) -> web.Response:
        fields = await Fields.read(request, invalid)
        name, image = fields.needed_text("name"), fields.text("imageName")
        entrypoint = fields.texts("entrypoint")
        cpu, memory, disk = (fields.integer(each, least=1) for each in ("cpu", "memory", "disk"))
        fields.integer("gpu", least=0)
        fields.texts("gpuType")
        fields.text("regionId")
        kind = fields.text("sandboxClass", allowed=(state.CONTAINER, state.VIRTUAL_MACHINE)) or state.CONTAINER
        built = fields.object("buildInfo")
        build = Build.read(self.ground, built) if built else None
        fields.done()
        if bool(image) == bool(build):
            raise invalid("Must specify either an image name or build info")
        if image and (":" not in image.rpartition("/")[2] or image.endswith(":latest")):
            raise invalid("Image name must include a tag that is not latest, or a digest")
        self.claim(name)
        snapshot = Snapshot(name, cpu or 1, memory or 1, disk or 3, kind, self._now(), image=image, build=build,
                            entrypoint=entrypoint, state=PENDING)
        self._add(snapshot)
        task = asyncio.ensure_future(self._make(snapshot))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return web.json_response(snapshot.info())

    async def _make(self, snapshot: Snapshot) -> None:
        snapshot.state = BUILDING if snapshot.build else PULLING
        await self.ground.delays.wait("build")
        if snapshot.build:
            machine = self.ground.machines.make("build", User("daytona", 1000, 1000, "/home/daytona"))
            try:
                await snapshot.build.carry_out(machine)
                place = self.ground.machines.new_place("snapshot")
                await machine.snapshot(place)
                snapshot.place, snapshot.workdir, snapshot.env = place, snapshot.build.workdir, snapshot.build.env
            except Failure as failure:
                snapshot.state, snapshot.error = "build_failed", str(failure)
                return
            finally:
                await self.ground.machines.remove(machine)
        snapshot.state = ACTIVE

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response(self._named(request).info())

    async def _delete(self, request: web.Request) -> web.Response:
        snapshot = self._named(request)
        if snapshot.general:
            raise refusal(403, "General snapshots cannot be deleted")
        del self._snapshots[snapshot.id]
        if snapshot.place:
            await self.ground.machines.delete_place(snapshot.place)
        return web.Response()

    async def _activate(self, request: web.Request) -> web.Response:
        snapshot = self._named(request)
        if snapshot.state != INACTIVE:
            raise invalid(f"Snapshot {snapshot.id} cannot be activated - it is in {snapshot.state} state")
        snapshot.state = ACTIVE
        return web.json_response(snapshot.info())

    async def _deactivate(self, request: web.Request) -> web.Response:
        snapshot = self._named(request)
        if snapshot.state != ACTIVE:
            raise invalid(f"Snapshot {snapshot.id} cannot be deactivated - it is in {snapshot.state} state")
        snapshot.state = INACTIVE
        return web.Response(status=204)

    async def _build_logs_url(self, request: web.Request) -> web.Response:
        return web.json_response({"url": f"{self.ground.base_url}/api/snapshots/{self._named(request).id}/build-logs"})

    async def _build_logs(self, request: web.Request) -> web.StreamResponse:
        return await send_log(request, self._named(request).build)


async def send_log(request: web.Request, build: Build | None) -> web.StreamResponse:
    """Streams the log of a build, to its end if the request follows it."""
    if build is None:
        raise refusal(404, "There is no build")
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    await response.prepare(request)
    sent = 0
    while True:
        news, done = build.news, build.done
        if len(build.log) > sent:
            data = bytes(build.log[sent:])
            sent += len(data)
            await response.write(data)
        if done or request.query.get("follow") != "true":
            break
        await news.wait()
    await response.write_eof()
    return response
