"""The log of a session's command: lines of both streams, each with a mark of its stream before it."""

import asyncio
from collections.abc import AsyncGenerator

MARKS = {1: b"\x01\x01\x01", 2: b"\x02\x02\x02"}
CHUNK = 65536


class Log:
    """Grows line by line. A line shows only when it is whole, and one at the end without a newline gets one."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.finished = False
        self._begun = {1: bytearray(), 2: bytearray()}
        self._news = asyncio.Event()

    def add(self, stream: int, data: bytes) -> None:
        """Bytes that a command wrote."""
        whole, newline, rest = data.rpartition(b"\n")
        if not newline:
            self._begun[stream] += data
            return
        begun, self._begun[stream] = self._begun[stream], bytearray(rest)
        mark = MARKS[stream]
        self.content += mark + (b"\n" + mark).join((begun + whole).split(b"\n")) + b"\n"
        self._tell()

    def end(self, stream: int) -> None:
        """A stream has ended."""
        if self._begun[stream]:
            self.add(stream, b"\n")

    def finish(self) -> None:
        """There will be no more."""
        self.finished = True
        self._tell()

    async def follow(self) -> AsyncGenerator[bytes, None]:
        """All of it, then what comes, to the end."""
        sent = 0
        while True:
            news, finished = self._news, self.finished
            while sent < len(self.content):
                piece = bytes(self.content[sent : sent + CHUNK])
                sent += len(piece)
                yield piece
            if finished:
                return
            await news.wait()

    def text(self) -> str:
        """Both streams without marks."""
        return _text(self.content.replace(MARKS[1], b"").replace(MARKS[2], b""))

    def streams(self) -> tuple[str, str]:
        """Standard output and standard error."""
        found: dict[int, list[bytes]] = {1: [], 2: []}
        for piece in bytes(self.content).split(MARKS[1]):
            # Standard output up to a mark of the other stream. Nothing comes before the first mark of all.
            first, *others = piece.split(MARKS[2])
            found[1].append(first)
            found[2] += others
        return _text(b"".join(found[1])), _text(b"".join(found[2]))

    def marked(self) -> str:
        """As it is."""
        return _text(self.content)

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _text(data: bytes | bytearray) -> str:
    return bytes(data).decode(errors="replace")
