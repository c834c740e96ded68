"""Connections that break in the middle of an answer."""

import asyncio
from collections.abc import Iterable
from typing import Any

from aiohttp import web

END_OF_HEAD = b"\r\n\r\n"
UPGRADED = b"HTTP/1.1 101 "


class CutTransport:
    """Stands in for a connection's transport and lets only so many bytes after the answer's head through.

    With a budget of None not even the head gets through. `cut` breaks the connection in any case; that of a WebSocket
    breaks in the place of its head unless all shall stay silent, as it has no end to wait for. One that stays open
    brings nothing more when the budget is used up.
    """

    def __init__(self, transport: asyncio.Transport, budget: int | None, silent: bool, stalls: bool) -> None:
        self._transport = transport
        self._budget = budget
        self._silent = silent
        self._stalls = stalls
        self._head = b""
        self._body = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Passes on what the budget allows, then breaks the connection."""
        if self._budget is None:
            if not self._silent and bytes(data[: len(UPGRADED)]) == UPGRADED:
                self.cut()
            return
        if self._transport.is_closing():
            return
        content = bytes(data)
        if not self._body:
            head, separator, content = (self._head + content).partition(END_OF_HEAD)
            if not separator:
                self._head = head
                return
            self._body = True
            self._transport.write(head + separator)
        self._transport.write(content[: self._budget])
        self._budget -= min(self._budget, len(content))
        if self._budget == 0 and not self._stalls:
            self.cut()

    def writelines(self, pieces: Iterable[bytes]) -> None:
        """As `write`."""
        self.write(b"".join(pieces))

    def cut(self) -> None:
        """What was let through still arrives; then comes the end, with nothing said about it."""
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def cut_after(
    request: web.Request, budget: int | None, *, silent: bool = False, stalls: bool = False
) -> CutTransport:
    """Puts a cut in the way of this request's answer."""
    protocol = request.protocol
    assert isinstance(protocol.transport, asyncio.Transport)
    cutting = CutTransport(protocol.transport, budget, silent, stalls)
    protocol.transport = cutting  # type: ignore[assignment]
    return cutting
