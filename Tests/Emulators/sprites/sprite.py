"""One sprite: a disk that stays, and a machine that sleeps when nobody uses it."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloud.emulator import Ground
from cloud.machine import Machine, User
from sprites.refusals import no_sprite

if TYPE_CHECKING:
    from sprites.services import Service
    from sprites.session import Session

USER = User("sprite", 1001, 1001, "/home/sprite")
ORGANIZATION = "emulated"


@dataclass
class Checkpoint:
    """A copy of the disk."""

    id: str
    place: Path
    create_time: str
    comment: str | None
    history: list[str] = field(default_factory=list)

    def entry(self) -> dict[str, object]:
        """As the API shows it."""
        shown: dict[str, object] = {"id": self.id, "create_time": self.create_time}
        if self.comment:
            shown["comment"] = self.comment
        if self.history:
            shown["history"] = self.history
        return shown


class Sprite:
    """Runs while it is used; then it is `warm`, with its processes frozen, and later `cold`, without them."""

    def __init__(self, ground: Ground, name: str, admit: Callable[[], None]) -> None:
        self.ground = ground
        self.name = name
        self.id = str(uuid.uuid4())
        self.organization = ORGANIZATION
        self.status = "cold"
        self.labels: list[str] = []
        self.url_settings: dict[str, str] = {"auth": "sprite"}
        self.rules: list[dict[str, str]] = [{"include": "defaults"}]
        self.sessions: dict[str, Session] = {}
        self.checkpoints: dict[str, Checkpoint] = {}
        self.services: dict[str, Service] = {}
        self.history: list[str] = []
        self.gone = False
        self.machine: Machine = ground.machines.make(name, USER)
        self.created_at = self.updated_at = ground.clock.now().isoformat()
        self._admit = admit
        self._uses = 0
        self._waking = asyncio.Lock()
        # Held by what copies the disk, puts it back, or takes it away.
        self.disk = asyncio.Lock()
        self._dozing: asyncio.Task[None] | None = None

    # Sleeping and waking

    @contextlib.asynccontextmanager
    async def used(self) -> AsyncIterator[None]:
        """Wakes it, and keeps it awake for the length of the block."""
        self._uses += 1
        if self._dozing:
            self._dozing.cancel()
            self._dozing = None
        try:
            async with self._waking:
                await self._wake()
            yield
        finally:
            self._uses -= 1
            if self._uses == 0 and not self.gone:
                self._dozing = asyncio.ensure_future(self._doze())

    async def _wake(self) -> None:
        if self.gone:
            raise no_sprite(self.name)
        if self.status == "running":
            return
        self._admit()
        await self.ground.delays.wait(f"wake-{self.status}")
        was, self.status = self.status, "running"
        if was == "warm":
            await self.machine.thaw()
        for service in self.services.values():
            await service.boot()

    async def _doze(self) -> None:
        options = self.ground.options
        await self.ground.clock.sleep(options.idle)
        async with self._waking:
            if self.status == "running":
                await self.machine.freeze()
                self.status = "warm"
        await self.ground.clock.sleep(options.cold_after)
        async with self._waking:
            if self.status == "warm":
                await self.stop()

    async def stop(self) -> None:
        """Everything that runs ends, as when the machine beneath it goes away. The disk stays."""
        # Nobody is told an exit: what ended was the machine.
        for session in self.sessions.values():
            session.lose()
        for service in self.services.values():
            service.machine_stops()
        await self.machine.kill()
        self.status = "cold"

    async def checkpoint(self, comment: str | None) -> Checkpoint:
        """Copies the disk."""
        async with self.disk:
            if self.gone:
                raise no_sprite(self.name)
            place = self.ground.machines.new_place("checkpoint")
            await self.machine.snapshot(place)
            now = self.ground.clock.now().isoformat()
            made = Checkpoint(f"v{len(self.checkpoints) + 1}", place, now, comment, list(self.history))
            self.checkpoints[made.id] = made
            self.history.append(made.id)
            return made

    async def restore(self, checkpoint: Checkpoint) -> None:
        """Puts the disk back, without anything that ran, and boots again."""
        async with self.disk, self._waking:
            if self.gone:
                raise no_sprite(self.name)
            await self.stop()
            await self.machine.restore(checkpoint.place)
            self.history = [*checkpoint.history, checkpoint.id]
            await self._wake()

    def retire(self) -> None:
        """Nothing is begun any more, nor told of what runs."""
        self.gone = True
        if self._dozing:
            self._dozing.cancel()
        for session in self.sessions.values():
            session.lose()
        for service in self.services.values():
            service.machine_stops()

    async def remove(self) -> None:
        """It and everything of it goes away."""
        self.retire()
        async with self._waking:
            await self.stop()
        async with self.disk:
            for checkpoint in self.checkpoints.values():
                await self.ground.machines.delete_place(checkpoint.place)
            await self.ground.machines.remove(self.machine)

    @property
    def live(self) -> "dict[str, Session]":
        """Sessions whose program has not ended: an ended one is in no list from that moment on."""
        return {known: session for known, session in self.sessions.items() if session.process.status is None}

    # Descriptions

    @property
    def host(self) -> str:
        """The host name of its URL. Everything below `localhost` is this host, as curl and browsers know."""
        return f"{self.name}-{self.id[:4]}.localhost"

    @property
    def url(self) -> str:
        """Where its HTTP service is reached."""
        return f"http://{self.host}:{self.ground.base_url.rpartition(':')[2]}"

    @property
    def http_port(self) -> int:
        """The port behind the URL: that of a service which names one, or 8080."""
        return next((each.http_port for each in self.services.values() if each.http_port), 8080)

    def touch(self) -> None:
        """Its settings have changed."""
        self.updated_at = self.ground.clock.now().isoformat()

    def info(self) -> dict[str, Any]:
        """All there is to say."""
        return {
            **self.entry(), "id": self.id, "organization": self.organization, "url": self.url,
            "url_settings": self.url_settings, "labels": self.labels, "primary_region": "iad", "version": "emulated",
        }

    def entry(self) -> dict[str, Any]:
        """In a list: much less."""
        return {
            "name": self.name, "org_slug": self.organization, "status": self.status,
            "created_at": self.created_at, "updated_at": self.updated_at,
        }
