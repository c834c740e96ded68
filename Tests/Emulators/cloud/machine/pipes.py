"""Ends of pipes and terminals, read and written without threads."""

import asyncio
import errno
import os

CHUNK = 65536


class ByteReader:
    """The end that is read. Nothing is read ahead: who does not read slows the writer."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor

    async def read(self, limit: int = CHUNK) -> bytes:
        """What is there, once there is something; empty at the end."""
        while self._descriptor >= 0:
            try:
                return os.read(self._descriptor, limit)
            except BlockingIOError:
                await _ready(self._descriptor, writing=False)
            except OSError as error:
                # The end of a terminal whose other side is closed.
                if error.errno == errno.EIO:
                    return b""
                raise
        return b""

    def close(self) -> None:
        """Lets go of the descriptor."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class ByteWriter:
    """The end that is written to."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor

    async def write(self, data: bytes) -> None:
        """Returns when all is written; `BrokenPipeError` when nobody reads any more."""
        left = memoryview(data)
        while left:
            if self._descriptor < 0:
                raise BrokenPipeError(errno.EPIPE, "closed")
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                await _ready(self._descriptor, writing=True)
            except OSError as error:
                if error.errno == errno.EIO:
                    raise BrokenPipeError(errno.EPIPE, "terminal closed") from error
                raise

    def close(self) -> None:
        """The reader sees the end."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def descriptor(self) -> int:
        """For ioctls."""
        return self._descriptor


async def _ready(descriptor: int, *, writing: bool) -> None:
    """Waits on a copy of its own, so that the descriptor may be closed, and its number reused, meanwhile."""
    loop = asyncio.get_running_loop()
    copy = os.dup(descriptor)
    waiting: asyncio.Future[None] = loop.create_future()
    add, remove = (loop.add_writer, loop.remove_writer) if writing else (loop.add_reader, loop.remove_reader)
    add(copy, _finish, waiting)
    try:
        await waiting
    finally:
        remove(copy)
        os.close(copy)


def _finish(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)
