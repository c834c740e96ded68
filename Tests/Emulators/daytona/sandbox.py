"""One sandbox: a machine, its settings, and the state that it is in or on its way to."""

import asyncio
import contextlib
import secrets
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cloud.emulator import Ground
from cloud.machine import ROOT, Machine, User
from daytona import state
from daytona.refusals import asleep, changing, refusal

if TYPE_CHECKING:
    from daytona.toolbox.session import Session
    from daytona.toolbox.terminal import Terminal

ORGANIZATION = "00000000-0000-4000-8000-00000000e111"
TARGET = "us"
VERSION = "0.226.1"
# Such a label lets the transition that it names fail once: the sandbox is then in `error`, from which it recovers.
FAILS = "emulator-fails"


@dataclass
class Settings:
    """What a request for a sandbox may say, and a fork inherits."""

    user: str = "daytona"
    env: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    public: bool = False
    block_network: bool = False
    network: str | None = None
    domains: str | None = None
    proxy: str | None = None
    target: str = TARGET
    kvm: bool = False
    spot: bool = False
    cpu: int = 1
    gpu: int = 0
    memory: int = 1
    disk: int = 3
    stop_after: int = 15
    pause_after: int = 0
    archive_after: int = 7 * 24 * 60
    delete_after: int = -1
    queue_timeout: int | None = None
    volumes: list[dict[str, str]] = field(default_factory=list)
    linked: str | None = None

    @property
    def ephemeral(self) -> bool:
        """Deleted as soon as it stops."""
        return self.delete_after == 0


class Failure(Exception):
    """A transition that ends in another state than it was to."""

    def __init__(self, reason: str, ends_in: str = state.ERROR) -> None:
        super().__init__(reason)
        self.ends_in = ends_in


class Sandbox:
    """Its state is what the API shows; `pending` while it changes."""

    def __init__(self, ground: Ground, name: str | None, settings: Settings, snapshot: str | None, kind: str) -> None:
        self.ground = ground
        self.id = str(uuid.uuid4())
        self.name = name or self.id
        self.organization = ORGANIZATION
        self.settings = settings
        self.snapshot = snapshot
        self.kind = kind
        self.build: dict[str, Any] | None = None
        self.parent: str | None = None
        self.state, self.desired, self.pending = "unknown", state.STARTED, False
        self.error: str | None = None
        self.recoverable = False
        self.backup: str | None = None
        self.preview_token = secrets.token_hex(16)
        self.signing_key = secrets.token_hex(32)
        self.created = self.updated = self.active_at = ground.clock.now()
        self.active = self.changed_at = ground.clock.monotonic()
        self.destroy_at: float | None = None
        self.destroy_time: datetime | None = None
        self.uses = 0
        self.running = False
        self.workdir: str = self.user.home
        self.env: dict[str, str] = {}
        self.sessions: dict[str, Session] = {}
        self.terminals: dict[str, Terminal] = {}
        self.changes = asyncio.Event()
        self.machine: Machine = ground.machines.make(self.id, self.user)
        self._changing: asyncio.Task[None] | None = None

    @property
    def user(self) -> User:
        """Whom its programs run as."""
        name = self.settings.user
        return ROOT if name == "root" else User(name, 1000, 1000, f"/home/{name}")

    @property
    def environment(self) -> dict[str, str]:
        """What every program gets."""
        own = {"DAYTONA_SANDBOX_ID": self.id, "DAYTONA_SANDBOX_SNAPSHOT": self.snapshot or "",
               "DAYTONA_SANDBOX_USER": self.settings.user, "SHELL": "/bin/bash"}
        return {**own, **self.settings.env, **self.env}

    # Changes

    def settle(self) -> None:
        """Raises unless it is in one state and stays there."""
        if self.pending:
            raise changing()

    def healthy(self) -> None:
        """Raises if it has failed."""
        if self.state in (state.ERROR, state.BUILD_FAILED):
            raise refusal(400, f"Sandbox is in an errored state: {self.error}")

    def change(
        self, through: str, to: str, work: Callable[[], Awaitable[None]], *, desired: str | None = None
    ) -> None:
        """Shows `through` at once and `to` when the work is done."""
        self.show(through)
        self.desired = desired or to
        self.pending = True
        self._changing = asyncio.ensure_future(self._change(to, work))

    def show(self, shown: str) -> None:
        """Is in that state from now on."""
        self.state = shown
        self.updated = self.ground.clock.now()
        self.changed_at = self.ground.clock.monotonic()
        self.changes.set()

    async def _change(self, to: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Failure as failure:
            self.error, self.recoverable = str(failure), failure.ends_in == state.ERROR
            to = failure.ends_in
        except Exception as error:
            # A mistake of the emulator itself.
            asyncio.get_running_loop().call_exception_handler({"message": f"on the way to {to}", "exception": error})
            self.error, to = f"the emulator has failed: {error!r}", state.ERROR
        self.pending = False
        if to == state.STARTED:
            self.running = True
            self.touch()
        self.show(to)

    def fail_if_asked(self, transition: str) -> None:
        """For tests: fails once where a label says so."""
        if self.settings.labels.get(FAILS) == transition:
            del self.settings.labels[FAILS]
            raise Failure(f"{transition} failed, as the label {FAILS} asks for")

    async def settled(self) -> None:
        """Waits for the end of a change, whatever it is."""
        if self._changing:
            await asyncio.wait({self._changing})

    async def halt(self) -> None:
        """Everything that runs ends. The disk stays."""
        self.running = False
        sessions, terminals = list(self.sessions.values()), list(self.terminals.values())
        self.sessions, self.terminals, self.env = {}, {}, {}
        await self.machine.kill()
        await asyncio.gather(*(each.lose() for each in sessions), *(each.lose() for each in terminals))

    async def vanish(self) -> None:
        """It and everything of it goes away at once."""
        if self._changing:
            self._changing.cancel()
        self.show(state.DESTROYED)
        await self.halt()
        await self.ground.machines.remove(self.machine)

    def renew_token(self) -> None:
        """The preview token of before is worth nothing any more."""
        self.preview_token = secrets.token_hex(16)

    # Use

    def touch(self) -> None:
        """Somebody uses it now."""
        self.active = self.ground.clock.monotonic()
        self.active_at = self.ground.clock.now()

    @contextlib.asynccontextmanager
    async def used(self, *, quietly: bool = False) -> AsyncIterator[None]:
        """Keeps it awake for the length of the block; raises if it does not run."""
        if not self.running:
            raise asleep()
        if quietly:
            yield
            return
        self.touch()
        self.uses += 1
        try:
            yield
        finally:
            self.uses -= 1
            self.touch()
            self.changes.set()

    # As the API shows it

    def info(self) -> dict[str, Any]:
        """All of it."""
        given = self.settings
        shown: dict[str, Any] = {
            **self.entry(), "env": given.env, "kvm": given.kvm, "volumes": given.volumes,
            "outboundProxyUrl": given.proxy, "linkedSandboxId": given.linked, "buildInfo": self.build,
        }
        return {name: value for name, value in shown.items() if value is not None}

    def entry(self) -> dict[str, Any]:
        """As in a list."""
        given = self.settings
        shown: dict[str, Any] = {
            "id": self.id, "organizationId": self.organization, "name": self.name, "snapshot": self.snapshot,
            "user": given.user, "labels": given.labels, "public": given.public, "target": given.target,
            "networkBlockAll": given.block_network, "networkAllowList": given.network,
            "domainAllowList": given.domains, "cpu": given.cpu, "gpu": given.gpu, "memory": given.memory,
            "disk": given.disk, "spot": given.spot, "state": self.state, "desiredState": self.desired,
            "errorReason": self.error, "recoverable": self.recoverable, "backupState": self.backup or "None",
            "autoStopInterval": given.stop_after, "autoPauseInterval": given.pause_after,
            "autoArchiveInterval": given.archive_after, "autoDeleteInterval": given.delete_after,
            "autoDestroyAt": _stamp(self.destroy_time), "queueTimeout": given.queue_timeout,
            "createdAt": _stamp(self.created), "updatedAt": _stamp(self.updated),
            "lastActivityAt": _stamp(self.active_at), "sandboxClass": self.kind, "daemonVersion": VERSION,
            "runnerId": "runner-1", "toolboxProxyUrl": f"{self.ground.base_url}/toolbox",
        }
        return {name: value for name, value in shown.items() if value is not None}


def _stamp(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
