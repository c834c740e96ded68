"""The asynchronous half of the SDK, and credentials from the environment."""

import asyncio
import base64
import json
import subprocess
import time
from typing import Any

import pytest
from conftest import PROJECT, TEAM
from running import TOKEN, RunningEmulator

from vercel.sandbox import (
    SandboxApiError,
    SandboxClient,
    SandboxCredentials,
    SandboxServiceOptions,
    SandboxStatus,
    SnapshotSource,
)


async def credentials() -> SandboxCredentials:
    return SandboxCredentials(token=TOKEN, team_id=TEAM, project_id=PROJECT)


def test_a_life(emulator: RunningEmulator) -> None:
    async def live() -> None:
        client = SandboxClient.create(
            options=SandboxServiceOptions(base_url=emulator.url, credentials_factory=credentials)
        )
        made = await client.create_sandbox(name="async")
        process = await made.create_process("sh", ["-c", "read x; echo got $x"], stdin=subprocess.PIPE)
        assert process.stdin is not None
        await process.stdin.send(b"word\n")
        await process.stdin.aclose()
        assert (await process.communicate())[0] == "got word\n" and process.returncode == 0
        done = await asyncio.gather(*(made.run_process("echo", [str(n)], capture_output=True) for n in range(40)))
        assert [each.stdout for each in done] == [f"{n}\n" for n in range(40)]
        await made.fs.write_bytes("data", bytes(range(256)))
        async with made.open_interactive("sh", ["-c", "read x; exit 7"]) as terminal:
            await terminal.stream.send(b"go\n")
            assert await terminal.wait() == 7
        snapshot = await made.snapshot()
        copy = await client.create_sandbox(source=SnapshotSource(snapshot_id=snapshot.id))
        assert await copy.fs.read_bytes("data") == bytes(range(256))
        await copy.stop()
        while copy.current_session and (await copy.current_session.refresh()).status is not SandboxStatus.STOPPED:
            pass
        # All of them resume, with one new session between them.
        contents = await asyncio.gather(*(copy.fs.read_bytes("data") for _ in range(8)))
        assert contents == [bytes(range(256))] * 8
        assert len(await copy.list_sessions()) == 2
        await copy.destroy()
        await made.destroy()
        with pytest.raises(SandboxApiError):
            await client.get_sandbox(name="async")
        await client.aclose()

    asyncio.run(live())


def oidc(**claims: Any) -> str:
    parts = ({"alg": "RS256"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts]
    return ".".join([*encoded, "c2ln"])


@pytest.mark.parametrize("way", ["token", "oidc"])
def test_credentials_of_the_environment(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    token = oidc(owner_id=TEAM, project_id=PROJECT, exp=int(time.time()) + 3600, iat=int(time.time()), sub="x", iss="y")
    with RunningEmulator("vercel", "--delay", "0", "--token", token) as emulator:
        if way == "oidc":
            monkeypatch.setenv("VERCEL_OIDC_TOKEN", token)
        else:
            for name, value in (("TOKEN", TOKEN), ("TEAM_ID", TEAM), ("PROJECT_ID", PROJECT)):
                monkeypatch.setenv(f"VERCEL_{name}", value)

        async def live() -> None:
            client = SandboxClient.create(options=SandboxServiceOptions(base_url=emulator.url))
            made = await client.create_sandbox()
            assert (await made.run_process("true")).returncode == 0
            emulator.advance(3601)
            if way == "oidc":
                with pytest.raises(SandboxApiError) as expired:
                    await made.run_process("true")
                assert expired.value.status_code == 403
            await client.aclose()

        asyncio.run(live())
