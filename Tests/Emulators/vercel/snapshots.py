"""Snapshots: copies of disks, which expire."""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from cloud.emulator import Ground
from vercel.account import Account
from vercel.identity import milliseconds, new_id
from vercel.pages import page
from vercel.refusals import missing, no_snapshot
from vercel.session import Session, numbers
from vercel.settings import Settings
from vercel.table import Table


@dataclass
class Snapshot:
    """A copy of a session's disk. Times and the lifetime are milliseconds; a lifetime of 0 has no end."""

    id: str
    place: Path
    session: str
    sandbox: str
    project: str
    region: str
    size: int
    lifetime: int
    created_at: int
    method: str
    parent: str | None
    status: str = "created"
    used_at: int | None = None
    updated_at: int = 0
    number: int = field(default_factory=lambda: next(numbers))

    @property
    def expires_at(self) -> int | None:
        """Counted from its last use."""
        return (self.used_at or self.created_at) + self.lifetime if self.lifetime else None

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        shown = {
            "id": self.id, "sourceSessionId": self.session, "region": self.region, "regions": [self.region],
            "status": self.status, "sizeBytes": self.size, "createdAt": self.created_at,
            "updatedAt": self.updated_at or self.created_at, "creationMethod": self.method,
        }
        optional = {"expiresAt": self.expires_at, "lastUsedAt": self.used_at, "parentId": self.parent}
        return {**shown, **{name: value for name, value in optional.items() if value is not None}}


class Snapshots:
    """All of them, also the deleted, which are still told of."""

    def __init__(self, ground: Ground, account: Account) -> None:
        self._ground = ground
        self._account = account
        self._snapshots: dict[str, Snapshot] = {}
        self._expiries: dict[str, asyncio.Task[None]] = {}
        self._failures: list[BaseException] = []

    def add_routes(self, table: Table) -> None:
        """Adds them."""
        table.add("GET", "/v2/sandboxes/snapshots", self._list)
        table.add("GET", "/v2/sandboxes/snapshots/{snapshot}", self._get)
        table.add("DELETE", "/v2/sandboxes/snapshots/{snapshot}", self._delete)

    def close(self) -> None:
        """Nothing expires any more; what failed in the background is told at last."""
        for task in self._expiries.values():
            task.cancel()
        if self._failures:
            raise self._failures[0]

    async def take(self, session: Session, settings: Settings, lifetime: int | None, method: str) -> Snapshot:
        """Copies the disk of a session that has ended, then lets go of those that are too many."""
        place = self._ground.machines.new_place("snapshot")
        await session.machine.snapshot(place)
        if lifetime is None:
            retention = settings.retention
            kept = retention.expiration if retention else None
            lifetime = settings.snapshot_expiration if kept is None else kept
        snapshot = Snapshot(
            new_id("snap"), place, session.id, session.sandbox, session.project, settings.region, _size(place),
            lifetime, self._now(), method, session.source,
        )
        self._snapshots[snapshot.id] = snapshot
        self._watch(snapshot)
        await self._retain(snapshot, settings)
        return snapshot

    def usable(self, project: str, id: str | None) -> Snapshot:
        """One that a session can start from. That is a use of it."""
        snapshot = self._snapshots.get(id or "")
        if snapshot is None or snapshot.project != project or snapshot.status != "created":
            raise no_snapshot()
        snapshot.used_at = self._now()
        self._watch(snapshot)
        return snapshot

    def of(self, project: str, sandbox: str | None = None) -> list[Snapshot]:
        """Those that exist, of one sandbox or of all."""
        return [
            each for each in self._snapshots.values()
            if each.status == "created" and each.project == project and sandbox in (None, each.sandbox)
        ]

    async def delete(self, snapshot: Snapshot) -> None:
        """The copy is gone; that there was one remains known."""
        snapshot.status, snapshot.updated_at = "deleted", self._now()
        expiry = self._expiries.pop(snapshot.id, None)
        if expiry and expiry is not asyncio.current_task():
            expiry.cancel()
        await self._ground.machines.delete_place(snapshot.place)

    async def _retain(self, newest: Snapshot, settings: Settings) -> None:
        retention = settings.retention
        if retention is None:
            return
        all_of_it = sorted(self.of(newest.project, newest.sandbox), key=lambda each: each.number, reverse=True)
        for evicted in all_of_it[retention.count :]:
            if retention.delete_evicted:
                await self.delete(evicted)
            else:
                evicted.lifetime = settings.snapshot_expiration
                self._watch(evicted)

    def _watch(self, snapshot: Snapshot) -> None:
        if expiry := self._expiries.pop(snapshot.id, None):
            expiry.cancel()
        if snapshot.expires_at is not None:
            expiry = asyncio.ensure_future(self._expire(snapshot, snapshot.expires_at))
            expiry.add_done_callback(self._done)
            self._expiries[snapshot.id] = expiry

    async def _expire(self, snapshot: Snapshot, moment: int) -> None:
        await self._ground.clock.sleep((moment - self._now()) / 1000)
        await self.delete(snapshot)

    def _done(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()):
            self._failures.append(error)

    def _now(self) -> int:
        return milliseconds(self._ground.clock.now())

    def _find(self, request: web.Request) -> Snapshot:
        snapshot = self._snapshots.get(request.match_info["snapshot"])
        if snapshot is None:
            raise missing("Snapshot")
        return snapshot

    async def _list(self, request: web.Request) -> web.Response:
        project = self._account.project(request, request.query.get("project"))
        found = self.of(project, request.query.get("name"))
        return page(request, found, "snapshots", Snapshot.shown, lambda each: (each.created_at, each.number))

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response({"snapshot": self._find(request).shown()})

    async def _delete(self, request: web.Request) -> web.Response:
        snapshot = self._find(request)
        if snapshot.status == "created":
            await self.delete(snapshot)
        return web.json_response({"snapshot": snapshot.shown()})


def _size(place: Path) -> int:
    total = 0
    for folder, _, names in os.walk(place):
        total += sum(os.lstat(os.path.join(folder, name)).st_size for name in names)
    return total
