"""One emulator for all proofs of a file, one sandbox for each."""

import itertools
import time
from collections.abc import Callable, Iterator

import pytest
from running import TOKEN, RunningEmulator
from vercel.sandbox.sync import (
    SandboxCredentials,
    SandboxServiceOptions,
    SandboxStatus,
    SyncSandbox,
    SyncSandboxClient,
)

TEAM, PROJECT = "team_emulated", "prj_emulated"
names = (f"proof-{number}" for number in itertools.count(1))
Connect = Callable[..., SyncSandboxClient]


def connected(
    emulator: RunningEmulator, token: str = TOKEN, team: str = TEAM, project: str = PROJECT
) -> SyncSandboxClient:
    credentials = SandboxCredentials(token=token, team_id=team, project_id=project)
    options = SandboxServiceOptions(base_url=emulator.url, credentials_factory=lambda: credentials)
    return SyncSandboxClient.create(options=options)


def settled(sandbox: SyncSandbox, status: SandboxStatus = SandboxStatus.STOPPED) -> None:
    """Waits until the current session has that status."""
    session = sandbox.current_session
    assert session is not None
    until = time.monotonic() + 60
    while session.refresh().status is not status:
        assert time.monotonic() < until, session.status


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    """With delays that are hardly felt; `create` answers when a session has started."""
    with RunningEmulator("vercel", "--delay", "0.01", "--delay", "create=0.1") as running:
        yield running


@pytest.fixture
def connect(emulator: RunningEmulator) -> Iterator[Connect]:
    """More clients, with other credentials."""
    made: list[SyncSandboxClient] = []

    def make(**credentials: str) -> SyncSandboxClient:
        made.append(connected(emulator, **credentials))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(emulator: RunningEmulator, connect: Connect) -> SyncSandboxClient:
    emulator.clear_faults()
    return connect()


@pytest.fixture
def sandbox(client: SyncSandboxClient, emulator: RunningEmulator) -> Iterator[SyncSandbox]:
    made = client.create_sandbox(name=next(names))
    yield made
    emulator.clear_faults()
    if made.name in emulator.state()["sandboxes"]:
        made.destroy()
