"""What a program wrote, kept for those who come later."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from itertools import takewhile

from cloud.machine.pipes import ByteReader
from cloud.machine.process import Process

# How far a follower may lie behind before the program has to wait for it.
WINDOW = 1 << 20


@dataclass(frozen=True)
class Chunk:
    """Bytes of one stream (1 for stdout, 2 for stderr), and where they begin in the whole recording."""

    start: int
    stream: int
    data: bytes


class Recording:
    """Keeps the newest `limit` bytes, and what a follower has still to read.

    Any number of followers read, each at its own pace; a program waits for the slowest.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._chunks: deque[Chunk] = deque()
        self._changed = asyncio.Event()
        self._positions: dict[object, int] = {}
        self.start = 0
        self.end = 0
        self.finished = False

    async def follow(self, since: int = 0) -> AsyncGenerator[Chunk, None]:
        """Every chunk from that position on (the oldest kept if it is gone), until the recording is finished."""
        me, position = object(), max(since, self.start)
        self._positions[me] = position
        try:
            while True:
                for chunk in self._behind(position):
                    skipped = max(0, position - chunk.start)
                    position = chunk.start + len(chunk.data)
                    self._positions[me] = position
                    self._trim()
                    yield Chunk(chunk.start + skipped, chunk.stream, chunk.data[skipped:])
                self._notify()
                if self.finished and position >= self.end:
                    return
                if position >= self.end:
                    await self._change()
        finally:
            self._positions.pop(me, None)
            self._trim()
            self._notify()

    def _behind(self, position: int) -> list[Chunk]:
        """From the newest back: what is kept may be long, and what is new is short."""
        chunks = list(takewhile(lambda chunk: chunk.start + len(chunk.data) > position, reversed(self._chunks)))
        return chunks[::-1]

    async def append(self, stream: int, data: bytes) -> None:
        """Adds bytes; waits while a follower is too far behind."""
        self._chunks.append(Chunk(self.end, stream, data))
        self.end += len(data)
        self._trim()
        self._notify()
        while self._lagging:
            await self._change()

    def _trim(self) -> None:
        """Lets go of what is over the limit and read by all who follow."""
        read = min(self._positions.values(), default=self.end)
        while self.end - self.start > self._limit and self.start + len(self._chunks[0].data) <= read:
            self.start += len(self._chunks.popleft().data)

    def finish(self) -> None:
        """There will be no more."""
        self.finished = True
        self._notify()

    async def record(self, process: Process, silence: float = 0.5) -> None:
        """Takes all that a process writes, and finishes.

        When it has ended while others hold its output, that is to the first `silence` seconds without a byte.
        """
        readers = {1: process.stdout, **({2: process.stderr} if process.stderr else {})}
        pumps = {asyncio.ensure_future(self._pump(stream, reader)) for stream, reader in readers.items()}
        try:
            await process.wait()
            while pumps:
                before = self.end
                _, pumps = await asyncio.wait(pumps, timeout=silence)
                if self.end == before and not self._lagging:
                    break
        finally:
            for pump in pumps:
                pump.cancel()
            process.close()
            self.finish()

    @property
    def _lagging(self) -> bool:
        return bool(self._positions) and self.end - min(self._positions.values()) > WINDOW

    async def _pump(self, stream: int, reader: ByteReader) -> None:
        while data := await reader.read():
            await self.append(stream, data)

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _change(self) -> None:
        await self._changed.wait()
