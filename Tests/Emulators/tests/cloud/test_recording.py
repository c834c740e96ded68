"""Recordings lose nothing for who follows, and keep memory bounded for who does not."""

import asyncio

import pytest

from cloud.machine import Containment, Machines, Recording, User
from cloud.machine.recording import WINDOW

USER = User("dweller", 1001, 1001, "/home/dweller")


async def gathered(recording: Recording, since: int = 0) -> dict[int, bytes]:
    found = {1: b"", 2: b""}
    async for chunk in recording.follow(since):
        found[chunk.stream] += chunk.data
    return found


def test_replay_and_live_are_the_same() -> None:
    async def run() -> None:
        recording = Recording(1 << 20)
        early = asyncio.ensure_future(gathered(recording))
        await recording.append(1, b"one")
        await recording.append(2, b"two")
        middle = asyncio.ensure_future(gathered(recording, since=4))
        await asyncio.sleep(0)
        await recording.append(1, b"three")
        recording.finish()
        assert await early == await gathered(recording) == {1: b"onethree", 2: b"two"}
        assert await middle == {1: b"three", 2: b"wo"}

    asyncio.run(run())


def test_only_the_newest_is_kept() -> None:
    async def run() -> None:
        recording = Recording(10)
        for number in range(100):
            await recording.append(1, b"%05d" % number)
        recording.finish()
        assert await gathered(recording) == {1: b"0009800099", 2: b""}
        assert recording.start == 490 and recording.end == 500

    asyncio.run(run())


def test_what_was_kept_for_a_follower_goes_when_it_is_read() -> None:
    async def run() -> None:
        recording = Recording(10)
        follower = recording.follow()
        await recording.append(1, b"0" * 10)
        assert len((await anext(follower)).data) == 10
        await recording.append(1, b"1" * 10)
        assert recording.start == 10 and (await anext(follower)).data == b"1" * 10
        await recording.append(1, b"2" * 10)
        await recording.append(1, b"3" * 10)
        assert recording.start == 20
        assert [(await anext(follower)).data[:1] for _ in range(2)] == [b"2", b"3"]
        assert recording.start == 30
        await recording.append(1, b"4" * 10)
        await recording.append(1, b"5" * 10)
        await follower.aclose()
        assert recording.start == 50

    asyncio.run(run())


def test_a_slow_follower_slows_the_program() -> None:
    async def run() -> None:
        recording = Recording(8 * WINDOW)
        follower = recording.follow()
        await recording.append(1, b"first")
        assert (await anext(follower)).data == b"first"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(recording.append(1, bytes(2 * WINDOW)), 0.1)
        assert len((await anext(follower)).data) == 2 * WINDOW
        await asyncio.wait_for(recording.append(1, b"more"), 60)

    asyncio.run(run())


def test_records_a_process_whose_output_is_held_open() -> None:
    async def run() -> None:
        machines = Machines(Containment.best())
        try:
            machine = machines.make("one", USER)
            recording = Recording(1 << 20)
            process = await machine.start(["sh", "-c", "sleep 100 & echo out; echo err >&2; exit 4"])
            await asyncio.wait_for(recording.record(process, silence=0.1), 60)
            assert await gathered(recording) == {1: b"out\n", 2: b"err\n"}
            assert process.status and process.status.code == 4
        finally:
            await machines.close()

    asyncio.run(run())
