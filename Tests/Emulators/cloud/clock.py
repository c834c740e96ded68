"""Time that a test may push on."""

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """Runs with the real one, plus whatever it was advanced by.

    Who sleeps on it wakes when the sum reaches the moment: expiries of minutes are tested without waiting for them.
    """

    def __init__(self) -> None:
        self._ahead = 0.0
        self._sleepers: dict[asyncio.Future[None], tuple[float, asyncio.TimerHandle]] = {}

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic() + self._ahead

    def now(self) -> datetime:
        """The wall clock in UTC."""
        return datetime.fromtimestamp(time.time() + self._ahead, UTC)

    async def sleep(self, seconds: float) -> None:
        """Returns after that many seconds of this clock."""
        if seconds <= 0:
            return
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[None] = loop.create_future()
        self._sleepers[waiting] = (self.monotonic() + seconds, loop.call_later(seconds, _finish, waiting))
        try:
            await waiting
        finally:
            self._sleepers.pop(waiting)[1].cancel()

    def advance(self, seconds: float) -> None:
        """Lets that much time have passed, and wakes whom that concerns."""
        self._ahead += seconds
        loop = asyncio.get_running_loop()
        for waiting, (until, timer) in list(self._sleepers.items()):
            timer.cancel()
            left = max(0.0, until - self.monotonic())
            self._sleepers[waiting] = (until, loop.call_later(left, _finish, waiting))


def _finish(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)
