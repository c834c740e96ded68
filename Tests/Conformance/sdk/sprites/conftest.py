"""One emulator for all proofs of a file, one sprite for each."""

import itertools
from collections.abc import Iterator

import pytest
from running import TOKEN, RunningEmulator
from sprites import Sprite, SpritesClient

names = (f"proof-{number}" for number in itertools.count(1))


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    """Without its delays, so that proofs are quick; the faults of one proof are gone before the next."""
    with RunningEmulator("sprites", "--delay", "0.005", "--delay", "close=120") as running:
        yield running


@pytest.fixture
def client(emulator: RunningEmulator) -> Iterator[SpritesClient]:
    emulator.clear_faults()
    with SpritesClient(TOKEN, base_url=emulator.url) as client:
        yield client


@pytest.fixture
def sprite(client: SpritesClient) -> Iterator[Sprite]:
    made = client.create_sprite(next(names))
    yield made
    if made.name in {each.name for each in client.list_all_sprites()}:
        made.delete()
