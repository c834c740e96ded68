"""Which requests came, without what is secret in them."""

import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

MOST = 20_000
SECRET = ("authorization", "cookie", "token", "key", "secret", "password", "signature", "env")


@dataclass
class Entry:
    """One request; the status is None while there is no answer (or there was never one).

    `at` is when it came and `answered` how long it took until the answer began (None: it never did), both in seconds;
    `seconds` is until the end of what its handler did, which for a stream or a WebSocket is that of its connection.
    """

    number: int
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    status: int | None = None
    fault: str | None = None
    seconds: float = field(default=0.0)
    at: float = field(default_factory=time.monotonic)
    answered: float | None = None

    def answers(self) -> None:
        """Notes that the head of its answer is about to be sent."""
        self.answered = round(time.monotonic() - self.at, 6)


class Journal:
    """The newest requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MOST)
        self._number = 0

    def begin(self, request: web.Request) -> Entry:
        """Notes a request that has come."""
        self._number += 1
        query = {name: [_shown(name, each) for each in request.query.getall(name)] for name in request.query}
        headers = {name: _shown(name, value) for name, value in request.headers.items()}
        entry = Entry(self._number, request.method, request.path, query, headers)
        self._entries.append(entry)
        return entry

    def since(self, number: int) -> list[dict[str, Any]]:
        """All with a higher number."""
        return [asdict(entry) for entry in self._entries if entry.number > number]

    def clear(self) -> None:
        """Forgets all; the numbers go on."""
        self._entries.clear()


def _shown(name: str, value: str) -> str:
    return "***" if any(secret in name.lower() for secret in SECRET) else value
