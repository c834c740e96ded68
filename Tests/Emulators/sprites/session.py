"""One program that was started by `exec`, which outlives the connection that started it."""

import asyncio
import signal
from datetime import datetime

from cloud.clock import Clock
from cloud.machine import Process, Recording


class Session:
    """A process, what it wrote, and who is attached to it. Its id is the pid: small, and used again."""

    def __init__(
        self, process: Process, command: str, workdir: str, grace: float, scrollback: int, clock: Clock
    ) -> None:
        self.process = process
        self.id = str(process.pid)
        self.command = command
        self.workdir = workdir
        self.recording = Recording(scrollback)
        self.created: datetime = clock.now()
        self.attached = 0
        # What ended was the machine beneath it, not the program: nobody is told an exit code then.
        self.lost = False
        self._grace = grace
        self._clock = clock
        self._recorded: asyncio.Task[None] | None = None
        self._giving_up: asyncio.Task[None] | None = None

    def begin(self) -> "asyncio.Task[None]":
        """Starts to record. Only now, so that the first follower misses nothing."""
        self._recorded = asyncio.ensure_future(self.recording.record(self.process))
        return self._recorded

    @property
    def tty(self) -> bool:
        """Whether it has a terminal."""
        return self.process.terminal

    @property
    def exit_code(self) -> int:
        """One byte, 128 and the signal for what was killed."""
        status = self.process.status
        return status.shell_code & 0xFF if status else 0

    def attach(self) -> None:
        """Somebody is connected."""
        self.attached += 1
        if self._giving_up:
            self._giving_up.cancel()
            self._giving_up = None

    def detach(self) -> None:
        """Somebody has left. When nobody remains, the program may run on for its grace, 0 being forever."""
        self.attached -= 1
        if self.attached == 0 and self._grace > 0 and not self.recording.finished:
            self._giving_up = asyncio.ensure_future(self._give_up())

    async def _give_up(self) -> None:
        await self._clock.sleep(self._grace)
        await self.process.signal(signal.SIGKILL)

    def lose(self) -> None:
        """The machine beneath it is going away."""
        self.lost = True

    def close(self) -> None:
        """Waits for nothing any more."""
        for task in (self._giving_up, self._recorded):
            if task:
                task.cancel()

    def info(self, owner: bool) -> dict[str, object]:
        """The first message of every connection; its geometry is always 0."""
        return {
            "type": "session_info", "session_id": self.id, "command": self.process.argv[0],
            "created": int(self.created.timestamp()), "cols": 0, "rows": 0, "is_owner": owner, "tty": self.tty,
        }

    def entry(self) -> dict[str, object]:
        """In the list of sessions."""
        return {
            "id": self.id, "command": self.command, "workdir": self.workdir,
            "created": self.created.isoformat(), "tty": self.tty, "is_active": self.attached > 0,
            "bytes_per_second": 0, "last_activity": self.created.isoformat(),
        }
