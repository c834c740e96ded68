"""Requests without an SDK: what one would not send, and what it does not show."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from running import TOKEN, RunningEmulator

Body = Callable[["Api"], Awaitable[None]]


class Api:
    """A client of one emulator."""

    def __init__(self, emulator: RunningEmulator, session: aiohttp.ClientSession) -> None:
        self.emulator = emulator
        self.session = session

    async def call(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        """The JSON of an answer that has to have that status."""
        async with self.session.request(method, self.emulator.url + path, **options) as answer:
            content = await answer.read()
            assert answer.status == status, (method, path, answer.status, content)
            return await answer.json() if answer.content_type == "application/json" else content

    async def until(self, known: str, state: str) -> Any:
        """The sandbox once it is in that state."""
        async with asyncio.timeout(60):
            while True:
                found = await self.call("GET", f"/api/sandbox/{known}")
                if found["state"] == state:
                    return found
                await asyncio.sleep(0.01)

    async def sandbox(self, **fields: Any) -> str:
        """The id of a new one that has started."""
        made = await self.call("POST", "/api/sandbox", json=fields)
        await self.until(made["id"], "started")
        return str(made["id"])

    async def execute(self, known: str, command: str, status: int = 200, **fields: Any) -> Any:
        """Runs a command to its end."""
        path = f"/toolbox/{known}/process/execute"
        return await self.call("POST", path, status, json={"command": command, **fields})


@asynccontextmanager
async def opened(emulator: RunningEmulator) -> AsyncIterator[Api]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(120)) as session:
        yield Api(emulator, session)


@pytest.fixture(scope="module", params=["box", "directory"])
def emulator(request: pytest.FixtureRequest) -> Iterator[RunningEmulator]:
    options = [] if request.param == "box" else ["--unboxed"]
    with RunningEmulator("daytona", "--delay", "0.02", "--jwt", "jwt-token", *options) as running:
        if running.state()["contained_by"] != request.param:
            pytest.skip("bubblewrap does not work here")
        yield running


@pytest.fixture
def run(emulator: RunningEmulator) -> Callable[[Body], None]:
    """Runs a test's coroutine with a client."""

    def go(body: Body) -> None:
        async def inner() -> None:
            async with opened(emulator) as api:
                await asyncio.wait_for(body(api), 240)

        emulator.clear_faults()
        asyncio.run(inner())

    return go


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> Iterator[Callable[[Body], None]]:
    """As `run`, with an emulator of its own whose transitions last until the clock is pushed."""
    with RunningEmulator("daytona", "--delay", "1000") as emulator:

        def go(body: Body) -> None:
            async def inner() -> None:
                async with opened(emulator) as api:
                    await asyncio.wait_for(body(api), 240)

            asyncio.run(inner())

        yield go
