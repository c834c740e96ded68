"""One emulator for all proofs of a file, one sandbox for each."""

import warnings
from collections.abc import Callable, Iterator

import pytest
from running import TOKEN, RunningEmulator

from daytona import CreateSandboxFromSnapshotParams, Daytona, DaytonaConfig, Sandbox


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    """With short delays, so that proofs are quick; the faults of one proof are gone before the next."""
    with RunningEmulator("daytona", "--delay", "0.02", "--jwt", "jwt-token") as running:
        yield running


@pytest.fixture
def connect(emulator: RunningEmulator) -> Callable[..., Daytona]:
    """Makes clients that ask for states: they do so ten times as often as those that wait for events."""

    def made(**options: object) -> Daytona:
        usual = {"api_key": TOKEN, "api_url": f"{emulator.url}/api", "use_deprecated_polling": True}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return Daytona(DaytonaConfig(**{**usual, **options}))

    return made


@pytest.fixture
def client(emulator: RunningEmulator, connect: Callable[..., Daytona]) -> Daytona:
    emulator.clear_faults()
    return connect()


@pytest.fixture
def sandbox(client: Daytona, emulator: RunningEmulator) -> Iterator[Sandbox]:
    made = client.create()
    yield made
    emulator.clear_faults()
    discard(client, made)


@pytest.fixture
def machine(client: Daytona) -> Iterator[Sandbox]:
    """Of the class that can be paused and forked."""
    made = client.create(CreateSandboxFromSnapshotParams(snapshot="daytona-vm-small"))
    yield made
    discard(client, made)


def discard(client: Daytona, sandbox: Sandbox) -> None:
    """Deletes one, unless the proof has done so."""
    if sandbox.id in {each.id for each in client.list()}:
        client.get(sandbox.id).delete(wait=True)
