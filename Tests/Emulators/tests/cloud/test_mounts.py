"""Directories of the host that machines share."""

import asyncio
import errno
from pathlib import Path

import pytest

from cloud.machine import Containment, Machine, Machines, User

USER = User("dweller", 1001, 1001, "/home/dweller")
DATA = f"{USER.home}/data"
BOXED = Containment.best().boxed


@pytest.fixture(params=["box", "directory"])
def containment(request: pytest.FixtureRequest) -> Containment:
    if request.param == "box" and not BOXED:
        pytest.skip("bubblewrap does not work here")
    return Containment(request.param == "box")


async def run(machine: Machine, script: str) -> bytes:
    process = await machine.start(["sh", "-c", script])
    content = b""
    while data := await process.stdout.read():
        content += data
    assert (await process.wait()).code == 0
    process.close()
    return content


def shared(machines: Machines) -> Path:
    place = machines.new_place("volume")
    place.mkdir()
    place.chmod(0o777)
    return place


def test_machines_share_a_mount(containment: Containment) -> None:
    async def body() -> None:
        machines = Machines(containment)
        try:
            place = shared(machines)
            one, two = machines.make("one", USER), machines.make("two", USER)
            for machine in (one, two):
                machine.mount(DATA, place)
            assert await run(one, "echo hello > ~/data/file && cat ~/data/file") == b"hello\n"
            assert await run(two, "cat ~/data/file") == b"hello\n"
            located = two.files.locate(f"{DATA}/file")
            assert (located.place, located.read_only) == (place / "file", False)
            two.files.write(two.files.locate("data/other"), b"from outside")
            assert await run(one, "cat ~/data/other") == b"from outside"
            with pytest.raises(OSError) as refused:
                one.mount("/mnt/late", place)
            assert refused.value.errno == errno.EBUSY
        finally:
            await machines.close()

    asyncio.run(body())


def test_a_mount_outlives_the_disk_and_is_in_no_copy_of_it(containment: Containment) -> None:
    async def body() -> None:
        machines = Machines(containment)
        try:
            place = shared(machines)
            one = machines.make("one", USER)
            one.mount(DATA, place)
            await run(one, "echo kept > ~/data/file")
            snapshot = machines.new_place("snapshot")
            await one.snapshot(snapshot)
            assert not (snapshot / "home/dweller/data/file").is_file() or not containment.boxed
            await one.restore(snapshot)
            assert await run(one, "cat ~/data/file") == b"kept\n"
            await machines.remove(one)
            assert (place / "file").read_text() == "kept\n"
        finally:
            await machines.close()

    asyncio.run(body())
