"""Programs of the host."""

import asyncio
from pathlib import Path

import pytest

from cloud.machine.child import run_tool


def test_a_tool_ends_with_who_waits_for_it(tmp_path: Path) -> None:
    async def wait() -> None:
        running = asyncio.ensure_future(run_tool("sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 1000"))
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().endswith("\n"):
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()

    asyncio.run(wait())


def test_a_tool_that_fails_is_told() -> None:
    with pytest.raises(OSError, match="exited with 3"):
        asyncio.run(run_tool("sh", "-c", "exit 3"))
