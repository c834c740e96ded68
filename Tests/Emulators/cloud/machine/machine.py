"""One machine: a disk, and what runs on it."""

import asyncio
import errno
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from cloud.machine.containment import Containment
from cloud.machine.disk import Disk
from cloud.machine.files import Files
from cloud.machine.link import Link, MachineEnded
from cloud.machine.pipes import ByteReader, ByteWriter
from cloud.machine.process import Process, Refusal, TerminalSize
from cloud.machine.skeleton import own
from cloud.machine.user import User

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# How long a machine on which nothing runs keeps its first process, in seconds.
LINGER = 2.0


class Machine:
    """Runs programs in a root directory of its own, with processes and loopback of its own if boxed.

    While nothing runs there is no process. All programs end with `kill`; the disk stays until `remove`.
    """

    def __init__(self, containment: Containment, directory: Path, name: str, user: User) -> None:
        self.name = name
        self.user = user
        self.mounts: dict[str, Path] = {}
        self.disk = Disk(directory, name, user)
        self.root = self.disk.root
        self.files = Files(self.root, user, self.mounts, self.disk.prepare)
        self._containment = containment
        self._link: Link | None = None
        self._lingering: asyncio.TimerHandle | None = None
        self._frozen = False
        self._endings: set[asyncio.Task[None]] = set()

    # Programs

    async def start(
        self,
        argv: Sequence[str],
        *,
        program: str | None = None,
        env: Mapping[str, str] | None = None,
        bare: bool = False,
        cwd: str | None = None,
        user: User | None = None,
        terminal: TerminalSize | None = None,
        stdin: bool = True,
    ) -> Process:
        """Starts a program, the first of `argv` unless another file is named; raises `Refusal` when it cannot be.

        `env` is added to HOME, USER, PATH and the like, or is all there is when it shall be `bare`.
        """
        who = user or self.user
        home = self._containment.inside(self.root, who.home)
        environment = {"HOME": home, "USER": who.name, "LOGNAME": who.name, "PATH": PATH, "LANG": "C.UTF-8"}
        if terminal:
            environment["TERM"] = "xterm-256color"
        environment = dict(env or {}) if bare else {**environment, **(env or {})}
        spec = {
            "argv": list(argv),
            "program": program or argv[0],
            "env": environment,
            "cwd": self._containment.inside(self.root, os.path.join(self.user.home, cwd or who.home)),
            "uid": who.uid,
            "gid": who.gid,
            "terminal": [terminal.rows, terminal.columns] if terminal else None,
        }
        return await (self._start_on_terminal(spec) if terminal else self._start_on_pipes(spec, stdin))

    async def _start_on_pipes(self, spec: dict[str, object], stdin: bool) -> Process:
        theirs_in, ours_in = os.pipe() if stdin else (os.open(os.devnull, os.O_RDONLY), -1)
        ours_out, theirs_out = os.pipe()
        ours_err, theirs_err = os.pipe()
        ours = [end for end in (ours_in, ours_out, ours_err) if end >= 0]
        try:
            pid, _, exited = await self._started(spec, [theirs_in, theirs_out, theirs_err])
        except BaseException:
            for end in ours:
                os.close(end)
            raise
        finally:
            for end in (theirs_in, theirs_out, theirs_err):
                os.close(end)
        writer = ByteWriter(ours_in) if stdin else None
        return Process(_argv(spec), pid, writer, ByteReader(ours_out), ByteReader(ours_err), exited, self._signal)

    async def _start_on_terminal(self, spec: dict[str, object]) -> Process:
        pid, received, exited = await self._started(spec, [])
        master = received[0]
        return Process(
            _argv(spec), pid, ByteWriter(os.dup(master)), ByteReader(master), None, exited, self._signal
        )

    async def _started(
        self, spec: dict[str, object], handed: list[int]
    ) -> tuple[int, list[int], "asyncio.Future[int]"]:
        try:
            return await self._awake().start(spec, handed)
        except OSError as error:
            raise Refusal(error.errno or 0, getattr(error, "__notes__", ["start"])[0]) from error
        except MachineEnded as error:
            raise Refusal(errno.ESRCH, "machine") from error

    def _awake(self) -> Link:
        """The link to the first process, which is started if there is none."""
        if self._lingering:
            self._lingering.cancel()
            self._lingering = None
        if not self._link or not self._link.open:
            self.disk.prepare()
            self._frozen = False
            self._link = Link(self._containment, self.root, self.user, self.name, self.mounts, self._empty)
        return self._link

    def _empty(self) -> None:
        if self._lingering:
            self._lingering.cancel()
        self._lingering = asyncio.get_running_loop().call_later(LINGER, self._end_if_idle)

    def _end_if_idle(self) -> None:
        if self._link and not self._link.busy:
            # Out of reach at once: a program that is started now belongs to the next one.
            link, self._link = self._link, None
            ending = asyncio.ensure_future(link.end())
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)

    async def _signal(self, pid: int, number: int, alone: bool) -> int:
        if not self.active or self._link is None:
            return 0
        try:
            answer, _ = await self._link.request("signal", pid=pid, signal=number, alone=alone)
        except MachineEnded:
            return 0
        return int(answer["reached"])

    # The whole machine

    @property
    def active(self) -> bool:
        """Whether it has processes at this moment (or had one a moment ago)."""
        return self._link is not None and self._link.open

    @property
    def frozen(self) -> bool:
        """Whether its processes are stopped."""
        return self._frozen

    async def freeze(self) -> None:
        """Stops all processes where they are; they keep their memory."""
        if self.active and self._link:
            await self._link.request("signal_all", signal=signal.SIGSTOP)
        self._frozen = True

    async def thaw(self) -> None:
        """Lets frozen processes go on."""
        self._frozen = False
        if self.active and self._link:
            await self._link.request("signal_all", signal=signal.SIGCONT)

    async def kill(self) -> None:
        """Ends every process; returns when none is left."""
        link, self._link, self._frozen = self._link, None, False
        if self._lingering:
            self._lingering.cancel()
            self._lingering = None
        if link:
            await link.end()
        await asyncio.gather(*self._endings)

    async def connect(self, port: int) -> socket.socket:
        """A connection to a port of its loopback; `OSError` when nobody listens."""
        if not self._link or not self._link.open:
            raise ConnectionRefusedError
        try:
            _, received = await self._link.request("connect", port=port)
        except MachineEnded as error:
            raise ConnectionRefusedError from error
        connection = socket.socket(fileno=received[0])
        connection.setblocking(False)
        return connection

    # The disk

    async def snapshot(self, target: Path) -> None:
        """Copies the whole disk; processes stand still meanwhile."""
        thawing = self.active and not self._frozen
        if thawing:
            await self.freeze()
        try:
            await self.disk.copy(target)
        finally:
            if thawing:
                await self.thaw()

    async def restore(self, source: Path) -> None:
        """Ends everything and puts a copy of a snapshot in the place of the disk."""
        await self.disk.replace(source, before=self.kill)
        for path in self.mounts:
            self._make_mount_point(path)

    def mount(self, path: str, place: Path) -> None:
        """Lets a directory of the host appear there from the machine's next start on; several machines may share it."""
        if self.active:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), path)
        self.disk.prepare()
        self.mounts[path] = place
        self._make_mount_point(path)

    def _make_mount_point(self, path: str) -> None:
        point = self.root / path.lstrip("/")
        if point.is_symlink():
            # In the copy of a disk that had the same mount.
            point.unlink()
        own(self.root, self.user, path)
        if not self._containment.boxed:
            point.rmdir()
            point.symlink_to(self.mounts[path])

    def add_directory(self, path: str, user: User | None = None) -> None:
        """Makes a directory that belongs to a user, e.g. a working directory outside the home."""
        self.disk.prepare()
        own(self.root, user or self.user, path)

    async def remove(self) -> None:
        """Ends everything and deletes the disk."""
        await self.kill()
        await self.disk.remove()


def _argv(spec: dict[str, object]) -> list[str]:
    argv = spec["argv"]
    assert isinstance(argv, list)
    return argv
