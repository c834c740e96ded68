"""One emulator for all proofs of a file, one sandbox for each."""

from collections.abc import Iterator

import pytest
from running import TOKEN, RunningEmulator

from daytona import Daytona, DaytonaConfig, Sandbox


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with RunningEmulator("daytona", "--delay", "0.02") as running:
        yield running


@pytest.fixture
def client(emulator: RunningEmulator) -> Daytona:
    emulator.clear_faults()
    return Daytona(DaytonaConfig(api_key=TOKEN, api_url=f"{emulator.url}/api"))


@pytest.fixture
def sandbox(client: Daytona) -> Iterator[Sandbox]:
    made = client.create()
    yield made
    if made.id in {each.id for each in client.list().items}:
        made.delete()
