"""Sessions: stop and resume, time limits, and who meets a session that ends."""

import threading
from datetime import timedelta

import pytest
from conftest import connected, settled
from running import RunningEmulator, eventually
from vercel.sandbox.sync import (
    SandboxApiError,
    SandboxStatus,
    SandboxStreamError,
    SyncSandbox,
    SyncSandboxClient,
    SyncSandboxRuntimeSession,
)


def test_stop_snapshots_and_the_next_command_resumes(sandbox: SyncSandbox) -> None:
    first = sandbox.current_session_id
    sandbox.fs.write_text("state", "kept")
    sandbox.create_process("sleep", ["1001.5"])
    sandbox.stop()
    assert sandbox.status is SandboxStatus.STOPPING
    settled(sandbox)
    done = sandbox.run_process("sh", ["-c", "cat state; pgrep -f '^sleep 1001[.]5'"], capture_output=True)
    assert done.stdout == "kept" and sandbox.current_session_id != first
    sessions = list(sandbox.list_sessions())
    assert [each.id for each in sessions] == [sandbox.current_session_id, first]
    (snapshot,) = sandbox.list_snapshots()
    assert snapshot.status == "created" and snapshot.source_session_id == first and snapshot.size_bytes > 0


def test_reading_a_file_resumes_too(sandbox: SyncSandbox) -> None:
    sandbox.fs.write_text("state", "kept")
    sandbox.stop()
    settled(sandbox)
    assert sandbox.fs.read_text("state") == "kept"


def test_what_is_not_persistent_is_lost(client: SyncSandboxClient) -> None:
    made = client.create_sandbox(name="fleeting", persistent=False)
    made.stop()
    settled(made)
    assert list(made.list_snapshots()) == []
    with pytest.raises(SandboxApiError) as gone:
        made.run_process("true")
    assert (gone.value.status_code, gone.value.code) == (410, "snapshot_not_found")
    assert client.get_sandbox(name="fleeting").status is SandboxStatus.STOPPED
    made.destroy()


def refusal(session: SyncSandboxRuntimeSession) -> tuple[int, str | None]:
    with pytest.raises(SandboxApiError) as refused:
        session.run_process("true")
    return refused.value.status_code, refused.value.code


@pytest.mark.parametrize("status", ["422", "410"])
def test_a_session_that_is_ending(status: str) -> None:
    with RunningEmulator(
        "vercel", "--delay", "0", "--delay", "stop=1000", "--delay", "snapshot=1000", "--transition-status", status
    ) as emulator:
        client = connected(emulator)
        made = client.create_sandbox(name="ending")
        session = made.current_session
        assert session is not None
        session.stop()
        assert refusal(session) == (int(status), "sandbox_stopping")
        emulator.advance(1001)
        eventually(lambda: refusal(session) == (int(status), "sandbox_snapshotting"))
        emulator.advance(1001)
        eventually(lambda: refusal(session) == (410, "sandbox_stopped"))
        assert made.run_process("echo", ["again"], capture_output=True).stdout == "again\n"
        # While one ends, not even a resume is served.
        made.stop()
        with pytest.raises(SandboxApiError) as early:
            client.resume_sandbox(name="ending")
        assert (early.value.status_code, early.value.code) == (int(status), "sandbox_stopping")
        client.close()


def test_the_time_limit_ends_it(client: SyncSandboxClient, emulator: RunningEmulator) -> None:
    made = client.create_sandbox(name="limited", execution_time_limit=timedelta(minutes=1))
    made.fs.write_text("state", "kept")
    emulator.advance(50)
    made.extend_execution_time_limit(timedelta(minutes=1))
    emulator.advance(30)
    session = made.current_session
    assert session is not None and session.refresh().status is SandboxStatus.RUNNING
    assert session.execution_time_limit == timedelta(minutes=2)
    emulator.advance(41)
    settled(made)
    assert made.fs.read_text("state") == "kept"
    assert made.current_session and made.current_session.execution_time_limit == timedelta(minutes=1)
    made.destroy()


def test_no_session_lives_longer_than_any_may(client: SyncSandboxClient, sandbox: SyncSandbox) -> None:
    with pytest.raises(SandboxApiError) as refused:
        sandbox.extend_execution_time_limit(timedelta(days=5))
    assert (refused.value.status_code, refused.value.code) == (400, "sandbox_timeout_invalid")
    with pytest.raises(SandboxApiError) as refused:
        client.create_sandbox(execution_time_limit=timedelta(days=2))
    assert (refused.value.status_code, refused.value.code) == (400, "sandbox_timeout_invalid")


def test_a_run_in_a_session_that_ends_is_told_in_band(sandbox: SyncSandbox, emulator: RunningEmulator) -> None:
    process = sandbox.create_process("sleep", ["1001"])
    session = sandbox.current_session
    assert session is not None
    emulator.fault("reaped", "GET", f"*/{session.id}")
    session.refresh()
    with pytest.raises(SandboxApiError) as waited:
        process.wait()
    assert (waited.value.status_code, waited.value.code) == (410, "sandbox_stopped")


def test_a_running_stream_is_told_in_band(client: SyncSandboxClient, sandbox: SyncSandbox) -> None:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            sandbox.run_process("sh", ["-c", "echo begun; sleep 1001"], capture_output=True)
        except SandboxStreamError as error:
            errors.append(error)

    running = threading.Thread(target=run)
    running.start()
    other = client.get_sandbox(name=sandbox.name)
    while not other.query_processes():
        pass
    other.stop()
    running.join(60)
    assert len(errors) == 1 and getattr(errors[0], "code", None) == "sandbox_stopped"


def test_a_session_on_its_own(client: SyncSandboxClient, sandbox: SyncSandbox) -> None:
    sandbox.stop()
    settled(sandbox)
    with client.resume_sandbox(name=sandbox.name) as resumed:
        assert resumed.run_process("printf", ["hello"], capture_output=True).stdout == "hello"
    settled(resumed)
