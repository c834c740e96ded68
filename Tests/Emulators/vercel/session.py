"""A session: one machine, from its boot to its end."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from cloud.emulator import Ground
from cloud.machine import Machine
from vercel.command import Command
from vercel.identity import USER, WORKING_DIRECTORY, milliseconds, new_id, new_subdomain
from vercel.refusals import refusal, stopped
from vercel.settings import Settings

numbers = itertools.count()
MESSAGES = {
    "stopping": "Sandbox is stopping and no longer accepts commands",
    "snapshotting": "Sandbox is creating a snapshot and will be stopped shortly",
}


@dataclass(frozen=True)
class Route:
    """A port and the host name that leads to it."""

    port: int
    subdomain: str
    url: str

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        return {"url": self.url, "subdomain": self.subdomain, "port": self.port}


class Session:
    """Pending, running, then stopping and perhaps snapshotting, and stopped; or failed, or aborted."""

    def __init__(
        self, ground: Ground, sandbox: str, project: str, settings: Settings, source: str | None = None
    ) -> None:
        self.ground = ground
        self.number = next(numbers)
        self.id = new_id("sbx")
        self.sandbox = sandbox
        self.project = project
        self.settings = settings
        self.source = source
        self.status = "pending"
        self.timeout = settings.timeout
        self.network_policy = settings.network_policy
        self.times: dict[str, int] = {"requestedAt": self.now(), "createdAt": self.now()}
        self.updated_at = self.now()
        self.routes: list[Route] = []
        self.commands: dict[str, Command] = {}
        self.machine: Machine = ground.machines.make(self.id.replace("_", "-").lower(), USER)
        self.booted = asyncio.Event()
        self.ending: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self.set_ports(settings.ports)

    def now(self) -> int:
        """By the emulator's clock."""
        return milliseconds(self.ground.clock.now())

    # Its life

    async def boot(self, prepare: Callable[[], Awaitable[None]]) -> None:
        """Starts the machine, with its disk as `prepare` makes it. Who waits sees how that went in the status."""
        try:
            await prepare()
            self.machine.add_directory(WORKING_DIRECTORY)
            await self.ground.delays.wait("start")
            end, time = "running", "startedAt"
        except (OSError, ValueError):
            end, time = "failed", "stoppedAt"
        finally:
            self.booted.set()
        if self.status == "pending":
            self.become(end, time)

    def become(self, status: str, time: str | None = None) -> None:
        """Goes into a state, at a time that is noted."""
        self.status = status
        self.updated_at = self.now()
        if time:
            self.times[time] = self.updated_at
        self._notify()

    async def changed(self) -> None:
        """Until the status or the timeout is another one."""
        await self._changed.wait()

    async def usable(self) -> Machine:
        """The machine, once it runs; refuses when it does not run any more."""
        while self.status == "pending":
            await self.changed()
        if self.status in MESSAGES:
            raise refusal(self.ground.options.transition_status, MESSAGES[self.status], f"sandbox_{self.status}")
        if self.status != "running":
            raise stopped()
        return self.machine

    def extend(self, duration: int) -> None:
        """Lets it live longer."""
        self.timeout += duration
        self.updated_at = self.now()
        self._notify()

    async def expiry(self) -> None:
        """Returns when its time is over."""
        while self.status in ("pending", "running"):
            if self.status == "pending":
                await self.changed()
                continue
            left = self.times["startedAt"] + self.timeout - self.now()
            if left <= 0:
                return
            changing = asyncio.ensure_future(self.changed())
            sleeping = asyncio.ensure_future(self.ground.clock.sleep(left / 1000))
            try:
                await asyncio.wait({changing, sleeping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                changing.cancel()
                sleeping.cancel()

    async def kill(self) -> None:
        """Ends everything that runs; what follows it learns that it was lost, not how it ended."""
        for command in self.commands.values():
            command.lose()
        await self.machine.kill()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    # Ports

    def set_ports(self, ports: tuple[int, ...]) -> None:
        """Exactly these are reached from outside; those that were keep their host names."""
        known = {route.port: route for route in self.routes}
        self.routes = [known.get(port) or self._route(port) for port in ports]

    def _route(self, port: int) -> Route:
        subdomain = new_subdomain()
        host = f"{subdomain}.localhost:{self.ground.base_url.rpartition(':')[2]}"
        return Route(port, subdomain, f"http://{host}")

    # Descriptions

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        settings = self.settings
        shown: dict[str, Any] = {
            "id": self.id, "sourceSandboxName": self.sandbox, "projectId": self.project, "status": self.status,
            "cwd": WORKING_DIRECTORY, "region": settings.region, "memory": settings.memory, "vcpus": settings.vcpus,
            "timeout": self.timeout, "networkPolicy": self.network_policy, "networkId": settings.network_id,
            "updatedAt": self.updated_at, **self.times,
        }
        if self.source:
            shown["sourceSnapshotId"] = self.source
        if "startedAt" in self.times and "stoppedAt" in self.times:
            shown["duration"] = self.times["stoppedAt"] - self.times["startedAt"]
        return shown

    def shown_routes(self) -> list[dict[str, Any]]:
        """As the API shows them beside the session."""
        return [route.shown() for route in self.routes]
