"""Drives: directories that outlive sandboxes.

A drive is copied onto a session's disk at its start, and back at its end, however the session ends.
"""

import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from cloud.emulator import Ground
from cloud.fields import Fields
from cloud.machine.child import run_tool
from vercel.account import Account
from vercel.identity import milliseconds, new_id
from vercel.pages import page
from vercel.refusals import invalid, missing, refusal
from vercel.session import Session
from vercel.settings import checked_name
from vercel.table import Table

GIGABYTE = 1 << 30
SORTS = ("createdAt", "updatedAt", "name")
numbers = itertools.count()


@dataclass
class Drive:
    """One directory. Nothing lies at its place until a session has written to it."""

    name: str
    project: str
    region: str
    size: int
    place: Path
    created_at: int
    updated_at: int
    parent: "Drive | None" = None
    session: Session | None = None
    id: str = field(default_factory=lambda: new_id("drive"))
    number: int = field(default_factory=lambda: next(numbers))

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        shown: dict[str, Any] = {
            "id": self.id, "name": self.name, "projectId": self.project, "region": self.region,
            "maxSizeBytes": self.size, "createdAt": self.created_at, "updatedAt": self.updated_at,
        }
        if self.session:
            shown |= {"currentSessionId": self.session.id, "currentSandboxName": self.session.sandbox}
        if self.parent:
            root = self.parent
            while root.parent:
                root = root.parent
            shown |= {"parentDriveId": self.parent.id, "rootDriveId": root.id}
        return shown


class Drives:
    """All drives of all projects."""

    def __init__(self, ground: Ground, account: Account) -> None:
        self._ground = ground
        self._account = account
        self._drives: dict[tuple[str, str], Drive] = {}

    def add_routes(self, table: Table) -> None:
        """Adds them."""
        table.add("GET", "/v2/sandboxes/drives", self._list)
        table.add("GET", "/v2/sandboxes/drives/{drive}", self._get)
        table.add("POST", "/v2/sandboxes/drives/{drive}", self._get_or_create)
        table.add("DELETE", "/v2/sandboxes/drives/{drive}", self._delete)
        table.add("POST", "/v2/sandboxes/drives/{drive}/fork", self._fork)

    # Mounts

    def claim(self, session: Session) -> None:
        """Reserves what a session mounts; refuses what another one writes to."""
        claimed = []
        for mount in session.settings.mounts.values():
            drive = self._find(session.project, mount["drive"])
            if mount["mode"] == "read-write":
                if drive.session is not None or drive in claimed:
                    raise refusal(409, f"Drive {drive.name} is in use", "drive_in_use")
                claimed.append(drive)
            elif not drive.place.exists():
                raise refusal(409, f"Drive {drive.name} has no data yet", "drive_not_initialized")
        for drive in claimed:
            drive.session = session

    async def attach(self, session: Session) -> None:
        """Puts the content in its place."""
        for path, mount in session.settings.mounts.items():
            drive = self._find(session.project, mount["drive"])
            session.machine.add_directory(path)
            target = session.machine.files.locate(path).place
            if drive.place.exists():
                await run_tool("cp", "-a", "--", f"{drive.place}/.", str(target))
            if mount["mode"] == "snapshot":
                # Its user can read it, and change nothing.
                if os.geteuid() == 0:
                    await run_tool("chown", "-Rh", "0:0", "--", str(target))
                await run_tool("chmod", "-R", "a-w", "--", str(target))

    async def detach(self, session: Session) -> None:
        """Takes the content of drives off the disk; what was written is kept."""
        for path, mount in session.settings.mounts.items():
            drive = self._drives.get((session.project, mount["drive"]))
            source = session.machine.files.locate(path).place
            if not source.is_dir():
                continue
            if drive and drive.session is session:
                await run_tool("rm", "-rf", "--", str(drive.place))
                await run_tool("mv", "--", str(source), str(drive.place))
                drive.session, drive.updated_at = None, milliseconds(self._ground.clock.now())
            else:
                await run_tool("rm", "-rf", "--", str(source))

    async def detach_copies(self, source: Session, copy: Session) -> None:
        """Drives that the disk of another session had mounted are not on the copy of that disk."""
        for path in source.settings.mounts:
            await run_tool("rm", "-rf", "--", str(copy.machine.files.locate(path).place))

    def release(self, session: Session) -> None:
        """A session that never ran has written nothing."""
        for drive in self._drives.values():
            if drive.session is session:
                drive.session = None

    # Requests

    def _find(self, project: str, name: str) -> Drive:
        for drive in self._drives.values():
            if drive.project == project and name in (drive.name, drive.id):
                return drive
        raise missing("Drive")

    def _asked(self, request: web.Request) -> Drive:
        project = self._account.project(request, request.query.get("projectId"))
        return self._find(project, request.match_info["drive"])

    def _make(self, name: str, project: str, region: str, size: int, parent: Drive | None = None) -> Drive:
        now = milliseconds(self._ground.clock.now())
        place = self._ground.machines.new_place("drive")
        drive = Drive(checked_name(name), project, region, size, place, now, now, parent)
        self._drives[project, name] = drive
        return drive

    async def _get_or_create(self, request: web.Request) -> web.Response:
        fields = await Fields.read(request, invalid)
        project = self._account.project(request, fields.text("projectId"))
        size = fields.integer("maxSizeBytes", 10 * GIGABYTE, least=1) or 0
        region = fields.text("region", "iad1") or ""
        fields.done()
        name = request.match_info["drive"]
        if known := self._drives.get((project, name)):
            return web.json_response({"drive": known.shown()})
        return web.json_response({"drive": self._make(name, project, region, size).shown()}, status=201)

    async def _list(self, request: web.Request) -> web.Response:
        project = self._account.project(request, request.query.get("projectId"))
        prefix = request.query.get("namePrefix", "")
        found = [each for each in self._drives.values() if each.project == project and each.name.startswith(prefix)]
        sort = request.query.get("sortBy", "createdAt")
        if sort not in SORTS:
            raise invalid(f"sortBy must be one of {', '.join(SORTS)}")
        return page(request, found, "drives", Drive.shown, lambda each: (each.shown()[sort], each.number))

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response({"drive": self._asked(request).shown()})

    async def _delete(self, request: web.Request) -> web.Response:
        drive = self._asked(request)
        if drive.session is not None:
            raise refusal(409, f"Drive {drive.name} is in use", "drive_in_use")
        del self._drives[drive.project, drive.name]
        await self._ground.machines.delete_place(drive.place)
        return web.json_response({"drive": drive.shown()})

    async def _fork(self, request: web.Request) -> web.Response:
        source = self._asked(request)
        fields = await Fields.read(request, invalid)
        name = fields.needed_text("name")
        fields.done()
        if (source.project, name) in self._drives:
            raise refusal(409, f"Drive {name} already exists")
        if not source.place.exists():
            raise refusal(409, f"Drive {source.name} has no data yet", "drive_not_initialized")
        fork = self._make(name, source.project, source.region, source.size, source)
        await run_tool("cp", "-a", "--", str(source.place), str(fork.place))
        return web.json_response({"drive": fork.shown()}, status=201)
