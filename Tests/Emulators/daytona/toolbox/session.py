"""A session: one shell that runs one command after the other, each with pipes of its own."""

import asyncio
import os
import shlex
import signal
import uuid
from collections.abc import Coroutine
from pathlib import Path

from cloud.machine import Process
from cloud.machine.pipes import ByteReader, ByteWriter
from daytona.refusals import daemon_refusal
from daytona.sandbox import Sandbox
from daytona.toolbox.execution import SHELL
from daytona.toolbox.log import Log

# Beneath the home of the sandbox's user.
FOLDER = ".daytona/sessions"
# How long output is awaited that the shell has left behind, in seconds.
LEFT = 0.5
PIPES = ("out", "err", "in", "code", "go")
# Sent to the shell for each command. It tells when the command has its pipes, then the exit code; it goes on when told.
INVOCATION = (
    "{{ echo begun > {code}; . {script}; }} < {input} > {out} 2> {err}; "
    "echo $? > {code}; read -r _daytona < {go}; echo done > {code}\n"
)


class Command:
    """One command: its log, and its exit code once it has one."""

    def __init__(self, text: str, *, known: str | None, echoes: bool) -> None:
        self.id = known or str(uuid.uuid4())
        self.text = text
        self.echoes = echoes
        self.log = Log()
        self.exit_code: int | None = None
        self.input: ByteWriter | None = None
        self.ended = asyncio.Event()

    def info(self) -> dict[str, object]:
        """As the daemon shows it."""
        shown: dict[str, object] = {"id": self.id, "command": self.text}
        return shown if self.exit_code is None else {**shown, "exitCode": self.exit_code}


class Session:
    """Commands run in the shell itself: what one changes there, the next one finds. They wait for each other."""

    def __init__(self, sandbox: Sandbox, known: str, process: Process) -> None:
        self.sandbox = sandbox
        self.id = known
        self.commands: dict[str, Command] = {}
        self.over = False
        self._process = process
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._keep(self._watch())

    @classmethod
    async def begin(cls, sandbox: Sandbox, known: str) -> "Session":
        """Starts its shell."""
        # What it says itself, outside of any command, nobody hears.
        argv = ["/bin/sh", "-c", 'exec "$0" > /dev/null 2>&1', SHELL]
        process = await sandbox.machine.start(argv, env=sandbox.environment, cwd=sandbox.workdir)
        return cls(sandbox, known, process)

    def info(self) -> dict[str, object]:
        """As the daemon shows it."""
        return {"sessionId": self.id, "commands": [each.info() for each in self.commands.values()]}

    def run(self, command: Command, *, background: bool) -> None:
        """Hands a command to the shell, after those that were there before."""
        if self.over:
            raise daemon_refusal(410, "session has ended", "SESSION_ENDED")
        self.commands[command.id] = command
        self._keep(self._run(command, background))

    async def _run(self, command: Command, background: bool) -> None:
        async with self._turn:
            if self.over:
                return
            folder = self._folder(command)
            place = self._lay_out(folder, command)
            inside = {name: shlex.quote(f"{self._home}/{folder}/{name}") for name in PIPES}
            # What runs in the foreground sees the end of its input at once.
            source = inside["in"] if background else "/dev/null"
            await _converse(self._process, command, place, INVOCATION.format(
                code=inside["code"], script=shlex.quote(f"{self._home}/{folder}/command.sh"), input=source,
                out=inside["out"], err=inside["err"], go=inside["go"],
            ), background)

    @property
    def _home(self) -> str:
        """The user's home as programs of the machine name it."""
        boxed = self.sandbox.ground.machines.containment.boxed
        return self.sandbox.user.home if boxed else f"{self.sandbox.machine.root}{self.sandbox.user.home}"

    def _folder(self, command: Command) -> str:
        return f"{FOLDER}/{uuid.uuid5(uuid.NAMESPACE_URL, self.id)}/{command.id}"

    def _lay_out(self, folder: str, command: Command) -> Path:
        files = self.sandbox.machine.files
        located = files.locate(folder, base=self.sandbox.user.home)
        files.make_directory(located, parents=True, exist_ok=True)
        for name in PIPES:
            os.mkfifo(located.place / name, 0o600)
            files.give(located.place / name)
        script = located.place / "command.sh"
        script.write_text(command.text + "\n")
        files.give(script)
        return located.place

    async def _watch(self) -> None:
        """Until the shell has ended, whoever ended it."""
        await self._process.wait()
        self.over = True
        others = self._tasks - {asyncio.current_task()}
        if others:
            await asyncio.wait(others)
        for command in self.commands.values():
            if not command.ended.is_set():
                command.log.finish()
                command.ended.set()
        self._process.close()

    async def end(self) -> None:
        """Ends the shell and all that it started."""
        await self._process.signal(signal.SIGTERM)
        waiting = asyncio.ensure_future(self._process.wait())
        grace = asyncio.ensure_future(self.sandbox.ground.delays.wait("grace"))
        await asyncio.wait({waiting, grace}, return_when=asyncio.FIRST_COMPLETED)
        grace.cancel()
        await self._process.signal(signal.SIGKILL)
        await waiting
        await self.lose()

    async def lose(self) -> None:
        """The machine beneath it has ended."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Over(Exception):
    """The shell has ended before the command was through."""


async def _converse(process: Process, command: Command, place: Path, line: str, background: bool) -> None:
    """Runs one command from its pipes' beginning to their end."""
    streams = {1: _reader(place / "out"), 2: _reader(place / "err")}
    # Until the command itself has them open, so that they do not end before they began.
    held = [os.open(place / name, os.O_WRONLY | os.O_NONBLOCK) for name in ("out", "err")]
    told, go = ByteReader(os.open(place / "code", os.O_RDWR)), ByteWriter(os.open(place / "go", os.O_RDWR))
    if background:
        command.input = ByteWriter(os.open(place / "in", os.O_RDWR))
    pumps = [asyncio.ensure_future(_pump(command.log, number, reader)) for number, reader in streams.items()]
    lines = Lines(told)

    async def conversation() -> None:
        assert process.stdin
        await process.stdin.write(line.encode())
        assert await lines.next() == "begun"
        while held:
            os.close(held.pop())
        code = int(await lines.next())
        # The code is known, but it is told only when nobody holds the output any more.
        await asyncio.gather(*pumps)
        command.exit_code = code
        await go.write(b"\n")
        assert await lines.next() == "done"

    try:
        await _unless_over(process, conversation())
    except (Over, BrokenPipeError):
        while held:
            os.close(held.pop())
        # What the command wrote before is still in the pipes; others may hold them open.
        await asyncio.wait(pumps, timeout=LEFT)
        for number in streams:
            command.log.end(number)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        for descriptor in held:
            os.close(descriptor)
        for reader in (*streams.values(), told):
            reader.close()
        for writer in filter(None, (go, command.input)):
            writer.close()
        command.input = None
        command.log.finish()
        command.ended.set()
        for name in PIPES:
            (place / name).unlink(missing_ok=True)


async def _unless_over(process: Process, work: Coroutine[None, None, None]) -> None:
    """Does the work, or gives it up when the shell has ended."""
    working, ending = asyncio.ensure_future(work), asyncio.ensure_future(process.wait())
    try:
        await asyncio.wait({working, ending}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Over
        working.result()
    finally:
        for task in (working, ending):
            task.cancel()
        await asyncio.gather(working, ending, return_exceptions=True)


class Lines:
    """Lines of a pipe, one at a time."""

    def __init__(self, reader: ByteReader) -> None:
        self._reader = reader
        self._left = b""

    async def next(self) -> str:
        """Without its end."""
        while b"\n" not in self._left:
            self._left += await self._reader.read()
        line, _, self._left = self._left.partition(b"\n")
        return line.decode()


def _reader(pipe: Path) -> ByteReader:
    return ByteReader(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))


async def _pump(log: Log, stream: int, reader: ByteReader) -> None:
    while data := await reader.read():
        log.add(stream, data)
    log.end(stream)
