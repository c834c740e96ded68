"""What the SDK makes of everything that goes wrong, and what was done nevertheless."""

import asyncio
import time

import pytest
from daytona.common.errors import (
    DaytonaAuthenticationError,
    DaytonaBadGatewayError,
    DaytonaConnectionError,
    DaytonaError,
    DaytonaNotFoundError,
    DaytonaRateLimitError,
    DaytonaServiceUnavailableError,
)
from running import RunningEmulator

from daytona import CreateSandboxFromSnapshotParams, Daytona, Sandbox, SessionExecuteRequest


def test_a_lost_answer_to_a_creation(client: Daytona, emulator: RunningEmulator) -> None:
    emulator.fault("lost-answer", "POST", "/api/sandbox")
    with pytest.raises(DaytonaConnectionError):
        client.create(CreateSandboxFromSnapshotParams(name="lost"))
    found = client.get("lost")
    found.wait_for_sandbox_start()
    found.delete(wait=True)


def test_a_lost_answer_of_the_toolbox_is_run_again_by_the_sdk(sandbox: Sandbox, emulator: RunningEmulator) -> None:
    # It holds that nothing was done where no byte came back, which is not so.
    emulator.fault("lost-answer", "POST", "*/process/execute")
    assert sandbox.process.exec("echo once >> file; cat file").result == "once\nonce\n"


def test_too_many_requests(client: Daytona, sandbox: Sandbox, emulator: RunningEmulator) -> None:
    for path in ("/api/sandbox", "*/process/execute"):
        emulator.fault("rate-limited", "POST", path, retry_after=7)
    with pytest.raises(DaytonaRateLimitError) as refused:
        client.create()
    assert refused.value.headers["Retry-After"] == "7" and refused.value.status_code == 429
    with pytest.raises(DaytonaRateLimitError) as refused:
        sandbox.process.exec("true")
    assert refused.value.headers["Retry-After"] == "7"
    # What only reads is tried again by the SDK itself, after the time that it was told.
    emulator.fault("rate-limited", "GET", "/api/sandbox/*", retry_after=1)
    began = time.monotonic()
    assert client.get(sandbox.id).id == sandbox.id
    assert time.monotonic() - began >= 1


def test_failures_of_the_service(client: Daytona, sandbox: Sandbox, emulator: RunningEmulator) -> None:
    emulator.fault("status", path="/api/*", status=503)
    with pytest.raises(DaytonaServiceUnavailableError):
        client.get(sandbox.id)
    emulator.fault("status", path="/toolbox/*", status=502)
    with pytest.raises(DaytonaBadGatewayError):
        sandbox.process.exec("true")
    emulator.fault("status", "POST", "/api/*", status=500)
    with pytest.raises(DaytonaError) as refused:
        client.create()
    assert refused.value.status_code == 500


def test_credentials_that_have_expired(client: Daytona, sandbox: Sandbox, emulator: RunningEmulator) -> None:
    emulator.fault("unauthorized", path="/api/*")
    with pytest.raises(DaytonaAuthenticationError):
        client.get(sandbox.id)
    emulator.fault("unauthorized", path="/toolbox/*")
    with pytest.raises(DaytonaAuthenticationError):
        sandbox.process.exec("true")


def test_a_log_that_breaks_off(sandbox: Sandbox, emulator: RunningEmulator) -> None:
    sandbox.process.create_session("work")
    request = SessionExecuteRequest(command="yes | head -c 3000000; sleep 1000", run_async=True)
    command = str(sandbox.process.execute_session_command("work", request).cmd_id)
    emulator.fault("cut", "GET", "*/logs", bytes=100_000)
    pieces: list[str] = []
    with pytest.raises(DaytonaError):
        asyncio.run(sandbox.process.get_session_command_logs_async("work", command, pieces.append, pieces.append))
    assert len("".join(pieces)) < 100_000


def test_a_download_that_breaks_off(sandbox: Sandbox, emulator: RunningEmulator) -> None:
    sandbox.fs.upload_file(bytes(2_000_000), "large")
    emulator.fault("cut", "POST", "*/bulk-download", bytes=500_000)
    with pytest.raises(DaytonaError):
        sandbox.fs.download_file("large")
    assert sandbox.fs.download_file("large") == bytes(2_000_000)


def test_a_sandbox_that_is_taken_away(client: Daytona, emulator: RunningEmulator) -> None:
    made = client.create()
    emulator.fault("reaped", "POST", "*/process/execute")
    with pytest.raises(DaytonaNotFoundError):
        made.process.exec("true")
    with pytest.raises(DaytonaNotFoundError):
        client.get(made.id)
    second = client.create()
    emulator.fault("reaped", "POST", "*/stop")
    with pytest.raises(DaytonaNotFoundError):
        second.stop()
    assert emulator.state()["sandboxes"] == {}


def test_a_connection_that_is_refused(client: Daytona, emulator: RunningEmulator) -> None:
    emulator.fault("refused", "POST", "/api/sandbox")
    with pytest.raises(DaytonaConnectionError):
        client.create(CreateSandboxFromSnapshotParams(name="refused"))
    with pytest.raises(DaytonaNotFoundError):
        client.get("refused")
