"""Volumes: directories that sandboxes share, and that outlive them."""

import asyncio
import os
import posixpath
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from cloud.emulator import Ground
from cloud.fields import Fields
from daytona.refusals import invalid, refusal
from daytona.registry import Registry
from daytona.sandbox import ORGANIZATION, Sandbox

PENDING_CREATE, READY, PENDING_DELETE = "pending_create", "ready", "pending_delete"
# What a volume must not be mounted on.
RESERVED = ("/", "/proc", "/sys", "/dev", "/boot", "/etc", "/bin", "/sbin", "/lib", "/lib64", "/usr")


@dataclass
class Volume:
    """One of them."""

    id: str
    name: str
    place: Path
    created: str
    state: str = PENDING_CREATE
    used: str | None = None

    def info(self) -> dict[str, object]:
        """As the API shows it."""
        return {"id": self.id, "name": self.name, "organizationId": ORGANIZATION, "state": self.state,
                "createdAt": self.created, "updatedAt": self.created, "lastUsedAt": self.used, "errorReason": None}


class Volumes:
    """Made and deleted in the background: `ready` only after a while."""

    def __init__(self, ground: Ground, registry: Registry) -> None:
        self._ground = ground
        self._registry = registry
        self._volumes: dict[str, Volume] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_get("/api/volumes", self._list)
        router.add_post("/api/volumes", self._create)
        router.add_get("/api/volumes/by-name/{name}", self._get_by_name)
        router.add_get("/api/volumes/{id}", self._get)
        router.add_delete("/api/volumes/{id}", self._delete)

    def resolve(self, asked: list[Fields]) -> list[dict[str, str]]:
        """Mounts that a request for a sandbox names, by id or name of the volume."""
        found = []
        for each in asked:
            known, path, subpath = each.needed_text("volumeId"), each.needed_text("mountPath"), each.text("subpath")
            each.done()
            volume = self._find(known)
            if volume is None:
                raise refusal(404, f"Volume '{known}' not found")
            if volume.state != READY:
                raise invalid(f"Volume '{volume.name}' is not in a ready state. Current state: {volume.state}")
            clean = posixpath.normpath(path)
            if not path.startswith("/") or clean in RESERVED or clean.startswith(("/usr/", "/proc/", "/dev/")):
                raise invalid(f"Invalid mount path {path}")
            if subpath is not None and (subpath.startswith("/") or ".." in subpath.split("/")):
                raise invalid(f"Invalid volume subpath {subpath}")
            mount = {"volumeId": volume.id, "mountPath": clean}
            found.append({**mount, "subpath": subpath} if subpath else mount)
        if len({each["mountPath"] for each in found}) != len(found):
            raise invalid("Mount paths must be unique")
        return found

    def mount(self, sandbox: Sandbox) -> None:
        """Lets a sandbox that does not run yet see its volumes."""
        for each in sandbox.settings.volumes:
            volume = self._volumes[each["volumeId"]]
            volume.used = self._ground.clock.now().isoformat()
            place = volume.place / each.get("subpath", "")
            place.mkdir(parents=True, exist_ok=True)
            if os.geteuid() == 0:
                place.chmod(0o777)
            sandbox.machine.mount(each["mountPath"], place)

    def _find(self, known: str) -> Volume | None:
        by_name = (each for each in self._volumes.values() if each.name == known)
        return self._volumes.get(known) or next(by_name, None)

    def _named(self, request: web.Request) -> Volume:
        known = request.match_info["id"]
        if known not in self._volumes:
            raise refusal(404, f"Volume with ID {known} not found")
        return self._volumes[known]

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response([each.info() for each in reversed(self._volumes.values())])

    async def _create(self, request: web.Request) -> web.Response:
        fields = await Fields.read(request, invalid)
        name = fields.text("name")
        fields.done()
        known = str(uuid.uuid4())
        if name and self._find(name):
            raise invalid(f"Volume with name {name} already exists")
        volume = Volume(known, name or known, self._ground.machines.new_place("volume"),
                        self._ground.clock.now().isoformat())
        volume.place.mkdir()
        volume.place.chmod(0o777)
        self._volumes[known] = volume
        self._later(self._become_ready(volume))
        return web.json_response(volume.info())

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response(self._named(request).info())

    async def _get_by_name(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        volume = next((each for each in self._volumes.values() if each.name == name), None)
        if volume is None:
            raise refusal(404, f"Volume with name {name} not found")
        return web.json_response(volume.info())

    async def _delete(self, request: web.Request) -> web.Response:
        volume = self._named(request)
        if volume.state != READY:
            raise invalid("Volume must be in 'ready' or 'error' state in order to be deleted")
        for sandbox in self._registry.all:
            used = any(each["volumeId"] == volume.id for each in sandbox.settings.volumes)
            if used and sandbox.desired != "destroyed":
                reason = f"it is in use by one or more sandboxes (e.g. {sandbox.name})"
                raise refusal(409, f"Volume cannot be deleted because {reason}")
        volume.state = PENDING_DELETE
        self._later(self._disappear(volume))
        return web.Response()

    async def _become_ready(self, volume: Volume) -> None:
        await self._ground.delays.wait("volume")
        volume.state = READY

    async def _disappear(self, volume: Volume) -> None:
        await self._ground.delays.wait("volume")
        del self._volumes[volume.id]
        await self._ground.machines.delete_place(volume.place)

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
