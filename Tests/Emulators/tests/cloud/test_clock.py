"""Time that is pushed on wakes who sleeps until then, and nobody else."""

import asyncio
import pytest

from cloud.clock import Clock
from cloud.delays import Delays


def test_sleepers_wake_when_their_time_has_come() -> None:
    async def run() -> None:
        clock = Clock()
        soon, late = asyncio.ensure_future(clock.sleep(100)), asyncio.ensure_future(clock.sleep(1000))
        await asyncio.sleep(0)
        before = clock.now()
        clock.advance(101)
        await asyncio.wait_for(soon, 60)
        assert not late.done() and (clock.now() - before).total_seconds() >= 101
        late.cancel()
        with pytest.raises(asyncio.CancelledError):
            await late
        clock.advance(10_000)
        await asyncio.wait_for(clock.sleep(0.01), 60)

    asyncio.run(run())


def test_delays_are_known_by_name() -> None:
    clock = Clock()
    assert Delays(clock, {"start": 1, "stop": 2}, []).seconds == {"start": 1, "stop": 2}
    assert Delays(clock, {"start": 1, "stop": 2}, ["0", "stop=3"]).seconds == {"start": 0, "stop": 3}
    with pytest.raises(ValueError, match="unknown delay sleep, known are start"):
        Delays(clock, {"start": 1}, ["sleep=1"])
