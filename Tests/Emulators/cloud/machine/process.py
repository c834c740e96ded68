"""One program that was started on a machine."""

import asyncio
import fcntl
import os
import signal
import struct
import termios
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from cloud.machine.pipes import ByteReader, ByteWriter


@dataclass(frozen=True)
class TerminalSize:
    """Of a pseudoterminal."""

    rows: int = 24
    columns: int = 80


@dataclass(frozen=True)
class WaitStatus:
    """How a program ended, as the kernel told it."""

    raw: int

    @property
    def code(self) -> int | None:
        """The exit code, unless a signal ended it."""
        return os.WEXITSTATUS(self.raw) if os.WIFEXITED(self.raw) else None

    @property
    def signal(self) -> int | None:
        """The signal that ended it, unless it exited."""
        return os.WTERMSIG(self.raw) if os.WIFSIGNALED(self.raw) else None

    @property
    def shell_code(self) -> int:
        """One number for both, as shells do it: 128 and the signal."""
        return self.code if self.code is not None else 128 + os.WTERMSIG(self.raw)


class Refusal(Exception):
    """A program that could not be started: `errno`, and what failed.

    That is the `program`, the `directory`, the `start`, or the `machine`, which ended meanwhile.
    """

    def __init__(self, number: int, stage: str) -> None:
        super().__init__(f"{stage}: {os.strerror(number)}")
        self.errno = number
        self.stage = stage


class Process:
    """A running or ended program. With a terminal, `stdout` carries all output and `stderr` is None."""

    def __init__(
        self,
        argv: Sequence[str],
        pid: int,
        stdin: ByteWriter | None,
        stdout: ByteReader,
        stderr: ByteReader | None,
        exited: "asyncio.Future[int]",
        signalling: Callable[[int, int, bool], Awaitable[int]],
    ) -> None:
        self.argv = list(argv)
        self.pid = pid
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self._exited = exited
        self._signalling = signalling

    @property
    def terminal(self) -> bool:
        """Whether it has a pseudoterminal."""
        return self.stderr is None

    @property
    def status(self) -> WaitStatus | None:
        """How it ended, if it has."""
        return WaitStatus(self._exited.result()) if self._exited.done() else None

    async def wait(self) -> WaitStatus:
        """Until it has ended. Its output may still be open: others can hold it."""
        return WaitStatus(await asyncio.shield(self._exited))

    async def signal(self, number: int = signal.SIGTERM, *, alone: bool = False) -> int:
        """Signals everything in its session, or it alone; returns how many were reached."""
        return await self._signalling(self.pid, number, alone)

    def resize(self, size: TerminalSize) -> None:
        """Changes the terminal; programs get SIGWINCH."""
        if self.stdin and self.stdin.descriptor >= 0:
            packed = struct.pack("HHHH", size.rows, size.columns, 0, 0)
            fcntl.ioctl(self.stdin.descriptor, termios.TIOCSWINSZ, packed)

    def close(self) -> None:
        """Lets go of all descriptors."""
        for end in (self.stdin, self.stdout, self.stderr):
            if end:
                end.close()
