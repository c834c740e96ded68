"""Clients that read a stream while it is written, and check every byte."""

from dataclasses import dataclass

from .load import Load
from .raw import Part

# The longest that any of them may take.
LIMIT = 180


@dataclass
class Received:
    """What one client got; times are those of the monotonic clock."""

    bytes: int
    # Chunks, or frames.
    pieces: int
    first: int
    last: int
    # Nanoseconds of processor time that the client took.
    processor: int
    # Between the writing of each line and its arrival.
    lags: list[int]


class Follower:
    """A running client."""

    def __init__(self, part: Part) -> None:
        self.part = part

    def finish(self) -> Received:
        lags, values = [], {}
        for line in self.part.finish(LIMIT).splitlines():
            name, number = line.split()
            if name == "lag":
                lags.append(int(number))
            else:
                values[name] = int(number)
        return Received(lags=lags, **values)


def follow(load: Load, process: str, expected: str) -> Follower:
    """`expected` is the file that is written again and again, or `ticks`."""
    request = load.request("GET", f"/v1/processes/{process}/output?from=1&follow=true")
    return Follower(load.parts.start("follow", load.endpoint.host, load.endpoint.port, request, expected))


def finish(followers: list[Follower]) -> list[Received]:
    """All of them, or none."""
    try:
        return [follower.finish() for follower in followers]
    finally:
        for follower in followers:
            follower.part.stop()
