"""All sandboxes of the projects: create, fork, get and resume, list, update, delete."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from cloud.emulator import Ground
from cloud.fields import Fields
from vercel.account import Account
from vercel.drives import Drives
from vercel.identity import new_subdomain
from vercel.pages import page
from vercel.refusals import invalid, missing
from vercel.sandbox import Sandbox
from vercel.session import Session
from vercel.settings import Settings, checked_name
from vercel.snapshots import Snapshots
from vercel.sources import read_source
from vercel.table import Table

SORTS: dict[str, Callable[[Sandbox], tuple[Any, ...]]] = {
    "createdAt": lambda sandbox: (sandbox.created_at, sandbox.sessions[0].number),
    "name": lambda sandbox: (sandbox.name,),
    "statusUpdatedAt": lambda sandbox: (sandbox.current.updated_at, sandbox.name),
    "currentSnapshotId": lambda sandbox: (sandbox.snapshot or "", sandbox.name),
}


class Registry:
    """Names are unique in a project."""

    def __init__(self, ground: Ground, account: Account, snapshots: Snapshots, drives: Drives) -> None:
        self._ground = ground
        self._account = account
        self._snapshots = snapshots
        self._drives = drives
        self._sandboxes: dict[tuple[str, str], Sandbox] = {}

    def add_routes(self, table: Table) -> None:
        """Adds them."""
        table.add("POST", "/v3/sandboxes", self._create)
        table.add("GET", "/v2/sandboxes", self._list)
        table.add("GET", "/v2/sandboxes/{name}", self._get)
        table.add("PATCH", "/v2/sandboxes/{name}", self._update)
        table.add("DELETE", "/v2/sandboxes/{name}", self._delete)
        table.add("POST", "/v2/sandboxes/{name}/fork", self._fork)

    @property
    def all(self) -> list[Sandbox]:
        """Those that exist."""
        return list(self._sandboxes.values())

    def owner(self, id: str) -> tuple[Sandbox, Session]:
        """The session of that id, and whose it is."""
        for sandbox in self._sandboxes.values():
            for session in sandbox.sessions:
                if session.id == id:
                    return sandbox, session
        raise missing("Sandbox session")

    def find(self, request: web.Request) -> Sandbox:
        """The sandbox that a path names."""
        project = self._account.project(request, request.query.get("projectId"))
        return self._known(project, request.match_info["name"])

    def _known(self, project: str, name: str) -> Sandbox:
        sandbox = self._sandboxes.get((project, name))
        if sandbox is None or sandbox.gone:
            raise missing("Sandbox")
        return sandbox

    async def remove(self, sandbox: Sandbox, *, orphans: bool = False) -> None:
        """It is gone, and its name is free."""
        await sandbox.remove(orphans)
        del self._sandboxes[sandbox.project, sandbox.name]

    def _make(self, project: str, name: str | None, settings: Settings) -> Sandbox:
        name = checked_name(name) if name else new_subdomain()
        if (project, name) in self._sandboxes:
            raise invalid(f"A sandbox with the name '{name}' already exists for this project. "
                          "Use GET /sandboxes/:name to resume it or delete it first.")
        return Sandbox(self._ground, self._snapshots, self._drives, project, name, settings)

    async def _create(self, request: web.Request) -> web.Response:
        fields = await Fields.read(request, invalid)
        project = self._account.project(request, fields.text("projectId"))
        name, image = fields.text("name"), fields.text("image")
        snapshot, fill = read_source(self._ground, fields.object("source"))
        settings = Settings(image=image or "node24").changed(fields, self._ground.options)
        fields.done()
        sandbox = self._make(project, name, settings)
        sandbox.begin(snapshot, fill)
        return await self._begun(sandbox)

    async def _fork(self, request: web.Request) -> web.Response:
        source = self.find(request)
        fields = await Fields.read(request, invalid)
        name, image = fields.text("name"), fields.text("image")
        # Drives belong to the source.
        settings = Settings(**{**vars(source.settings), "mounts": {}, "image": image or source.settings.image})
        settings = settings.changed(fields, self._ground.options)
        fields.done()
        sandbox = self._make(source.project, name, settings)
        current = source.current
        if current.status == "running":
            sandbox.begin(None, lambda session: self._copy(current, session))
        else:
            sandbox.begin(self._snapshots.usable(source.project, source.snapshot).id)
        return await self._begun(sandbox)

    async def _copy(self, source: Session, target: Session) -> None:
        """Puts the disk of a running session on another one, without the drives that are mounted there."""
        place = self._ground.machines.new_place("fork")
        await source.machine.snapshot(place)
        await target.machine.restore(place)
        await self._ground.machines.delete_place(place)
        await self._drives.detach_copies(source, target)

    async def _begun(self, sandbox: Sandbox) -> web.Response:
        self._sandboxes[sandbox.project, sandbox.name] = sandbox
        await self._ground.delays.wait("create")
        return web.json_response(sandbox.answer())

    async def _get(self, request: web.Request) -> web.Response:
        sandbox = self.find(request)
        resumed = request.query.get("resume") == "true" and sandbox.resume()
        if resumed:
            await self._ground.delays.wait("create")
        return web.json_response({**sandbox.answer(), "resumed": resumed})

    async def _list(self, request: web.Request) -> web.Response:
        project = self._account.project(request, request.query.get("project"))
        prefix = request.query.get("namePrefix", "")
        tags = [each.partition(":") for each in request.query.getall("tags", [])]
        found = [
            sandbox for sandbox in self._sandboxes.values()
            if sandbox.project == project and sandbox.name.startswith(prefix)
        ]

        def tagged(sandbox: Sandbox) -> bool:
            return all(sandbox.settings.tags.get(key) == value for key, _, value in tags)

        keep = tagged if self._ground.options.sparse_pages else None
        if keep is None:
            found = [sandbox for sandbox in found if tagged(sandbox)]
        sort = request.query.get("sortBy", "createdAt")
        if sort not in SORTS:
            raise invalid(f"sortBy must be one of {', '.join(SORTS)}")
        return page(request, found, "sandboxes", Sandbox.shown, SORTS[sort], keep=keep)

    async def _update(self, request: web.Request) -> web.Response:
        sandbox = self.find(request)
        fields = await Fields.read(request, invalid)
        snapshot = fields.text("currentSnapshotId")
        routed = "ports" in fields
        settings = sandbox.settings.changed(fields, self._ground.options)
        fields.done()
        if snapshot:
            sandbox.snapshot = self._snapshots.usable(sandbox.project, snapshot).id
        sandbox.change(settings)
        answer: dict[str, Any] = {"sandbox": sandbox.shown()}
        if routed:
            answer["routes"] = sandbox.current.shown_routes()
        return web.json_response(answer)

    async def _delete(self, request: web.Request) -> web.Response:
        sandbox = self.find(request)
        await self.remove(sandbox, orphans=request.query.get("deleteOrphanSnapshots") == "true")
        return web.json_response(sandbox.answer())
