"""What shall go wrong, how often, and for whom."""

import enum
import fnmatch
from dataclasses import asdict, dataclass
from typing import Any

from cloud.fields import Fields


class Kind(enum.Enum):
    """How a request is mistreated."""

    LOST_ANSWER = "lost-answer"
    """It is done, then the connection breaks without a byte of the answer; that of a WebSocket breaks at once."""
    REFUSED = "refused"
    """The connection breaks before anything is done."""
    RATE_LIMITED = "rate-limited"
    """429 with Retry-After (`retry_after`), nothing is done."""
    STATUS = "status"
    """That `status`, nothing is done."""
    SLOW = "slow"
    """Waits `before` it is done, or `after` it was done and before the answer begins, in seconds."""
    CUT = "cut"
    """The connection breaks when `bytes` of the answer after its head were sent, in whatever framing it has."""
    STALLED = "stalled"
    """The connection stays open, and nothing more comes when `bytes` of the answer after its head were sent."""
    UNAUTHORIZED = "unauthorized"
    """The credentials have expired."""
    REAPED = "reaped"
    """The provider takes away the box that the request names, then handles the request."""
    SILENT = "silent"
    """No answer ever comes; the request was carried out if `done`."""


@dataclass
class Fault:
    """One entry: requests that match are counted, the first `skip` get through, the next `count` (or all) do not."""

    number: int
    kind: Kind
    method: str = "*"
    path: str = "*"
    count: int | None = 1
    skip: int = 0
    status: int = 503
    retry_after: int = 1
    before: float = 0
    after: float = 0
    bytes: int = 0
    done: bool = False
    seen: int = 0
    applied: int = 0

    def matches(self, method: str, path: str) -> bool:
        """`*` in a path stands for anything, slashes as well."""
        return self.method in ("*", method) and fnmatch.fnmatchcase(path, self.path)

    def as_json(self) -> dict[str, Any]:
        """As the control endpoint shows it."""
        return {**asdict(self), "kind": self.kind.value}


class Faults:
    """All entries, asked in the order in which they came; one request meets at most one fault."""

    def __init__(self) -> None:
        self._number = 0
        self.entries: list[Fault] = []

    def add(self, fields: Fields) -> Fault:
        """From the body of `POST /_emulator/faults`."""
        self._number += 1
        kind = Kind(fields.text("kind", allowed=tuple(kind.value for kind in Kind)) or _missing())
        fault = Fault(self._number, kind)
        fault.method = fields.text("method", "*") or "*"
        fault.path = fields.text("path", "*") or "*"
        fault.count = None if fields.flag("always", False) else fields.integer("count", 1, least=1)
        fault.skip = fields.integer("skip", 0, least=0) or 0
        if kind is Kind.STATUS:
            fault.status = fields.integer("status", 503, least=400) or 503
        elif kind is Kind.RATE_LIMITED:
            fault.retry_after = fields.integer("retry_after", 1, least=0) or 0
        elif kind is Kind.SLOW:
            fault.before = fields.number("before", 0) or 0
            fault.after = fields.number("after", 0) or 0
        elif kind in (Kind.CUT, Kind.STALLED):
            fault.bytes = fields.integer("bytes", 0, least=0) or 0
        elif kind is Kind.SILENT:
            fault.done = fields.flag("done", False) or False
        fields.done()
        self.entries.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets. It is counted with that."""
        for fault in self.entries:
            if fault.count is not None and fault.applied >= fault.count or not fault.matches(method, path):
                continue
            fault.seen += 1
            if fault.seen > fault.skip:
                fault.applied += 1
                return fault
        return None


def _missing() -> str:
    raise ValueError("kind is required")
