"""A sandbox: a name, its settings, and one session after the other."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from cloud.emulator import Ground
from vercel.drives import Drives
from vercel.identity import WORKING_DIRECTORY, milliseconds
from vercel.refusals import refusal
from vercel.session import MESSAGES, Session
from vercel.settings import Settings
from vercel.snapshots import Snapshot, Snapshots

Fill = Callable[[Session], Awaitable[None]]


class Sandbox:
    """Outlives its sessions. What a session leaves is a snapshot, unless the sandbox is not persistent."""

    def __init__(
        self, ground: Ground, snapshots: Snapshots, drives: Drives, project: str, name: str, settings: Settings
    ) -> None:
        self.ground = ground
        self.project = project
        self.name = name
        self.settings = settings
        self.sessions: list[Session] = []
        self.snapshot: str | None = None
        self.gone = False
        self.created_at = self.updated_at = milliseconds(ground.clock.now())
        self._snapshots = snapshots
        self._drives = drives
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []

    @property
    def current(self) -> Session:
        """The newest session; there is always one."""
        return self.sessions[-1]

    # Beginning

    def begin(self, source: str | None, fill: Fill | None = None) -> Session:
        """Starts a session from a snapshot, or from an empty disk with what `fill` puts on it."""
        place = self._snapshots.usable(self.project, source).place if source else None
        session = Session(self.ground, self.name, self.project, self.settings, source)
        try:
            self._drives.claim(session)
        except BaseException:
            self._later(self.ground.machines.remove(session.machine))
            raise
        self.sessions.append(session)
        if source:
            self.snapshot = source
        self._later(self._live(session, place, fill))
        return session

    def resume(self) -> bool:
        """Starts a session unless one runs; refuses while the last one is still ending. Whether it did start one."""
        status = self.current.status
        if status in ("pending", "running"):
            return False
        if status in MESSAGES:
            raise refusal(self.ground.options.transition_status, MESSAGES[status], f"sandbox_{status}")
        self._snapshots.usable(self.project, self.snapshot)
        self.begin(self.snapshot)
        return True

    async def _live(self, session: Session, place: Path | None, fill: Fill | None) -> None:
        async def prepare() -> None:
            if place:
                await session.machine.restore(place)
            session.machine.add_directory(WORKING_DIRECTORY)
            await self._drives.attach(session)
            if fill:
                await fill(session)

        await session.boot(prepare)
        if session.status == "failed":
            self._drives.release(session)
            await self.ground.machines.remove(session.machine)
            return
        await session.expiry()
        if session.status == "running":
            self.stop(session)

    # Ending

    def stop(self, session: Session) -> None:
        """Begins the end of a session. That of a persistent sandbox is snapshotted."""
        session.become("stopping", "requestedStopAt")
        session.ending = self._later(self._end(session))

    async def take_snapshot(self, session: Session, lifetime: int | None) -> Snapshot:
        """Ends a session with a snapshot, whatever the sandbox is."""
        taken: list[Snapshot] = []

        async def end() -> None:
            await self._quiet(session)
            taken.append(await self._saved(session, lifetime, "manual"))
            await self._gone(session)

        session.become("snapshotting", "requestedStopAt")
        session.ending = self._later(end())
        await asyncio.shield(session.ending)
        return taken[0]

    async def abort(self, session: Session) -> None:
        """The provider takes the session away: nothing of its disk is kept but its drives."""
        if session.ending is None and session.status in ("pending", "running"):
            session.become("aborted", "abortedAt")
            session.ending = self._later(self._aborted(session))
        if session.ending:
            await asyncio.shield(session.ending)

    async def remove(self, orphans: bool) -> None:
        """Ends it for good, with its snapshots if nobody else shall need them."""
        self.gone = True
        await self.ground.delays.wait("delete")
        await self.abort(self.current)
        await asyncio.gather(*self._tasks)
        if self._failures:
            raise self._failures[0]
        if orphans:
            for snapshot in self._snapshots.of(self.project, self.name):
                await self._snapshots.delete(snapshot)

    async def close(self) -> None:
        """The emulator ends; what failed in the background is told at last."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._failures:
            raise self._failures[0]

    async def _end(self, session: Session) -> None:
        await self._quiet(session)
        if self.settings.persistent:
            session.become("snapshotting")
            await self._saved(session, None, "automatic")
        await self._gone(session)

    async def _aborted(self, session: Session) -> None:
        await session.booted.wait()
        await session.kill()
        await self._drives.detach(session)
        self._drives.release(session)
        await self.ground.machines.remove(session.machine)

    async def _quiet(self, session: Session) -> None:
        await self.ground.delays.wait("stop")
        await session.kill()
        await self._drives.detach(session)

    async def _saved(self, session: Session, lifetime: int | None, method: str) -> Snapshot:
        await self.ground.delays.wait("snapshot")
        snapshot = await self._snapshots.take(session, self.settings, lifetime, method)
        self.snapshot = snapshot.id
        session.times["snapshottedAt"] = session.now()
        return snapshot

    async def _gone(self, session: Session) -> None:
        session.become("stopped", "stoppedAt")
        await self.ground.machines.remove(session.machine)

    def _later(self, doing: Awaitable[None]) -> "asyncio.Task[None]":
        task = asyncio.ensure_future(doing)
        assert isinstance(task, asyncio.Task)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._failures.append(error)

    # Descriptions

    def change(self, settings: Settings) -> None:
        """For the sessions to come; ports are changed at once."""
        if settings.ports != self.settings.ports and self.current.status in ("pending", "running"):
            self.current.set_ports(settings.ports)
        self.settings = settings
        self.updated_at = milliseconds(self.ground.clock.now())

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "name": self.name, "currentSessionId": self.current.id, "currentSnapshotId": self.snapshot,
            "status": self.current.status, "statusUpdatedAt": self.current.updated_at, "projectId": self.project,
            "cwd": WORKING_DIRECTORY, "createdAt": self.created_at,
            "updatedAt": max(self.updated_at, self.current.updated_at), **self.settings.shown(),
        }

    def answer(self) -> dict[str, Any]:
        """With its current session, as most calls show it."""
        return {"sandbox": self.shown(), "session": self.current.shown(), "routes": self.current.shown_routes()}
