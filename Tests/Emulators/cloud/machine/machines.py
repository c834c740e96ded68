"""All machines of one emulator, and the directory that holds them."""

import asyncio
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

from cloud.machine.child import run_tool
from cloud.machine.containment import Containment
from cloud.machine.machine import Machine
from cloud.machine.user import User

PREFIX = "cloud-emulator-"


class Machines:
    """Makes machines and leaves nothing of them behind: not even what an emulator that was killed left."""

    def __init__(self, containment: Containment | None = None) -> None:
        self.containment = containment or Containment.best()
        _sweep()
        self.directory = Path(tempfile.mkdtemp(prefix=PREFIX))
        # Users of the machines have to reach their disks through it, where there is no box.
        self.directory.chmod(0o755)
        self._lock = _lock(self.directory)
        self._machines: dict[str, Machine] = {}
        self._number = 0

    def make(self, name: str, user: User) -> Machine:
        """A machine with a fresh disk."""
        self._number += 1
        directory = self.directory / f"machine-{self._number}"
        machine = Machine(self.containment, directory, name, user)
        self._machines[directory.name] = machine
        return machine

    async def remove(self, machine: Machine) -> None:
        """Ends and deletes one."""
        self._machines = {key: each for key, each in self._machines.items() if each is not machine}
        await machine.remove()

    @property
    def all(self) -> list[Machine]:
        """Those that exist."""
        return list(self._machines.values())

    def new_place(self, kind: str) -> Path:
        """A path for a snapshot, a volume or the like, where nothing is yet."""
        self._number += 1
        return self.directory / f"{kind}-{self._number}"

    async def delete_place(self, place: Path) -> None:
        """Deletes what `new_place` named."""
        await run_tool("rm", "-rf", "--", str(place))

    async def close(self) -> None:
        """Ends all machines and deletes the directory."""
        await asyncio.gather(*(machine.kill() for machine in self._machines.values()))
        self._machines.clear()
        await run_tool("rm", "-rf", "--", str(self.directory))
        if self._lock is not None:
            os.close(self._lock)


def _lock(directory: Path) -> int | None:
    """Holds a lock for as long as this process lives; None when another one has it, or it is gone."""
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _sweep() -> None:
    """Deletes directories of emulators that were killed. A minute of grace: a new one is locked a moment later."""
    for directory in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        try:
            old = directory.stat().st_mtime < time.time() - 60
        except OSError:
            continue
        if old and (lock := _lock(directory)) is not None:
            shutil.rmtree(directory, ignore_errors=True)
            os.close(lock)
