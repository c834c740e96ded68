"""A command: a program of a session, with all of its output."""

import asyncio
import codecs
import contextlib
import signal
from collections.abc import AsyncGenerator
from typing import Any

from cloud.clock import Clock
from cloud.machine import Process, Recording
from vercel.identity import milliseconds, new_id

STREAMS = {1: "stdout", 2: "stderr"}
# What is told when a signal has ended a program.
KILLED = 255


class Command:
    """Runs until it ends, whoever listens."""

    def __init__(
        self, process: Process, clock: Clock, session: str, name: str, args: list[str], cwd: str, limit: int
    ) -> None:
        self.id = new_id("cmd")
        self.process = process
        self.session = session
        self.name = name
        self.args = args
        self.cwd = cwd
        self.started_at = milliseconds(clock.now())
        self.exit_code: int | None = None
        self.lost = False
        self.input = Input(self)
        self._clock = clock
        self._recording = Recording(limit)
        self._ended = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._limiting: asyncio.Task[None] | None = None

    def begin(self, timeout: int | None) -> None:
        """Takes its output from now on; kills it after that many milliseconds."""
        self._tasks = [asyncio.ensure_future(self._recording.record(self.process)), asyncio.ensure_future(self._wait())]
        if timeout is not None:
            self._limiting = asyncio.ensure_future(self._limit(timeout / 1000))

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        return self._ended.is_set()

    async def end(self) -> None:
        """Until it has ended, or was lost."""
        await self._ended.wait()

    def lose(self) -> None:
        """Its session ends. If it runs, nobody will know how it would have ended."""
        if not self.ended:
            self.lost = True
            self._end()

    async def logs(self) -> AsyncGenerator[dict[str, Any], None]:
        """Its output from the start, to its end, as text; what is no UTF-8 is replaced, as JSON demands it."""
        decoders = {stream: codecs.getincrementaldecoder("utf-8")("replace") for stream in STREAMS}
        async with contextlib.aclosing(self._recording.follow()) as chunks:
            async for chunk in chunks:
                if text := decoders[chunk.stream].decode(chunk.data):
                    yield {"stream": STREAMS[chunk.stream], "data": text}
        for stream, decoder in decoders.items():
            if text := decoder.decode(b"", final=True):
                yield {"stream": STREAMS[stream], "data": text}

    def begun(self) -> dict[str, Any]:
        """As the API shows it when it has just been started, however quickly it was."""
        return {
            "id": self.id, "name": self.name, "args": self.args, "cwd": self.cwd, "sessionId": self.session,
            "exitCode": None, "startedAt": self.started_at,
        }

    def shown(self) -> dict[str, Any]:
        """As the API shows it from then on."""
        return {**self.begun(), "exitCode": self.exit_code}

    async def _wait(self) -> None:
        status = await self.process.wait()
        if not self.lost:
            self.exit_code = KILLED if status.code is None else status.code
            self._end()

    def _end(self) -> None:
        self._ended.set()
        if self._limiting:
            self._limiting.cancel()

    async def _limit(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        await self.process.signal(signal.SIGKILL)


class Input:
    """What is written to a command's standard input, counted, so that nothing is written twice."""

    # As much as a pipe takes at once or not at all: a write that is given up has done nothing.
    PIECE = 4096

    def __init__(self, command: Command) -> None:
        self._command = command
        self._turn = asyncio.Lock()
        self.written = 0
        self.closed = False

    @property
    def open(self) -> bool:
        """Whether more can be written."""
        return self._command.process.stdin is not None and not self.closed

    async def write(self, data: bytes, offset: int | None, patience: float) -> None:
        """Adds what lies behind what is there already.

        Raises `BrokenPipeError` when nobody reads any more, `TimeoutError` when nobody has read for too long, and
        `ValueError` for an offset that leaves a gap.
        """
        async with self._turn:
            start = self.written if offset is None else offset
            if start > self.written:
                raise ValueError(f"offset {start} is behind the {self.written} bytes that were written")
            left = data[self.written - start :]
            if left and not self.open:
                raise BrokenPipeError
            stdin = self._command.process.stdin
            while left and stdin:
                try:
                    await asyncio.wait_for(stdin.write(left[: self.PIECE]), patience)
                except BrokenPipeError:
                    self.closed = True
                    raise
                self.written += len(left[: self.PIECE])
                left = left[self.PIECE :]

    async def close(self) -> None:
        """The program reads the end."""
        async with self._turn:
            if stdin := self._command.process.stdin:
                stdin.close()
            self.closed = True
