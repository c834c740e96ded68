"""What goes wrong on the way, and what that does to the SDK."""

from conftest import Connect, settled
from running import RunningEmulator
from vercel.sandbox.sync import SandboxApiError, SandboxPathNotFoundError, SandboxStatus, SyncSandbox, SyncSandboxClient


def error_of(call: object) -> BaseException:
    assert callable(call)
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_a_lost_answer_leaves_what_was_made(client: SyncSandboxClient, emulator: RunningEmulator) -> None:
    emulator.fault("lost-answer", "POST", "/v3/sandboxes")
    lost = error_of(lambda: client.create_sandbox(name="lost"))
    assert not isinstance(lost, SandboxApiError)
    found = client.get_sandbox(name="lost")
    assert found.status in (SandboxStatus.PENDING, SandboxStatus.RUNNING)
    emulator.fault("refused", "DELETE")
    assert not isinstance(error_of(found.destroy), SandboxApiError)
    assert client.get_sandbox(name="lost").name == "lost"
    emulator.fault("lost-answer", "DELETE")
    assert not isinstance(error_of(found.destroy), SandboxApiError)
    gone = error_of(lambda: client.get_sandbox(name="lost"))
    assert isinstance(gone, SandboxApiError) and gone.status_code == 404


def test_a_command_whose_answer_was_lost_runs_once(sandbox: SyncSandbox, emulator: RunningEmulator) -> None:
    emulator.fault("lost-answer", "POST", "*/cmd")
    error_of(lambda: sandbox.create_process("sh", ["-c", "echo ran >> runs"]))
    for process in sandbox.query_processes():
        process.wait()
    assert sandbox.fs.read_text("runs") == "ran\n"


def test_statuses(client: SyncSandboxClient, sandbox: SyncSandbox, emulator: RunningEmulator) -> None:
    emulator.fault("rate-limited", "GET", "/v2/sandboxes/*", retry_after=7)
    limited = error_of(lambda: client.get_sandbox(name=sandbox.name))
    assert isinstance(limited, SandboxApiError) and limited.status_code == 429
    assert limited.response.headers["retry-after"] == "7" and limited.code == "rate_limited"
    for status in (500, 502, 503, 504):
        emulator.fault("status", "POST", "*/cmd", status=status)
        failed = error_of(lambda: sandbox.run_process("true"))
        assert isinstance(failed, SandboxApiError) and failed.status_code == status
    # Reading is repeated twice.
    process = sandbox.create_process("true")
    process.wait()
    emulator.fault("status", "GET", "*/cmd/*", status=503, count=2)
    assert sandbox.get_process(process.id, wait=True).returncode == 0


def test_a_session_that_was_reaped(sandbox: SyncSandbox, emulator: RunningEmulator) -> None:
    sandbox.fs.write_text("state", "saved")
    sandbox.stop()
    settled(sandbox)
    sandbox.fs.write_text("state", "not saved")
    first = sandbox.current_session
    assert first is not None
    emulator.fault("reaped", "POST", "*/fs/read")
    # The SDK resumes, and reads from the last snapshot: it says nothing of what was lost.
    assert sandbox.fs.read_text("state") == "saved"
    assert first.refresh().status is SandboxStatus.ABORTED and sandbox.current_session_id != first.id


def test_a_sandbox_that_was_reaped(client: SyncSandboxClient, sandbox: SyncSandbox, emulator: RunningEmulator) -> None:
    emulator.fault("reaped", "GET", f"/v2/sandboxes/{sandbox.name}")
    gone = error_of(lambda: client.get_sandbox(name=sandbox.name))
    assert isinstance(gone, SandboxApiError) and (gone.status_code, gone.code) == (404, "not_found")
    gone = error_of(lambda: sandbox.run_process("true"))
    assert isinstance(gone, SandboxApiError) and (gone.status_code, gone.code) == (404, "not_found")


def test_a_cut_upload_and_download(sandbox: SyncSandbox, emulator: RunningEmulator) -> None:
    sandbox.fs.write_bytes("file", bytes(2_000_000))
    emulator.fault("cut", "POST", "*/fs/read", bytes=100_000)
    cut = error_of(lambda: sandbox.fs.read_bytes("file"))
    assert not isinstance(cut, SandboxApiError | SandboxPathNotFoundError)
    emulator.fault("lost-answer", "POST", "*/fs/write")
    error_of(lambda: sandbox.fs.write_bytes("other", b"content"))
    assert sandbox.fs.read_bytes("other") == b"content"


def test_credentials(sandbox: SyncSandbox, connect: Connect, emulator: RunningEmulator) -> None:
    for wrong in ({"token": "expired"}, {"team": "team_other"}):
        refused = error_of(lambda wrong=wrong: connect(**wrong).get_sandbox(name=sandbox.name))
        assert isinstance(refused, SandboxApiError) and (refused.status_code, refused.code) == (403, "forbidden")
    # In another project everything looks as if it were gone.
    refused = error_of(lambda: connect(project="prj_other").get_sandbox(name=sandbox.name))
    assert isinstance(refused, SandboxApiError) and (refused.status_code, refused.code) == (404, "not_found")
    emulator.fault("unauthorized", "POST", "*/cmd")
    refused = error_of(lambda: sandbox.run_process("true"))
    assert isinstance(refused, SandboxApiError) and (refused.status_code, refused.code) == (403, "forbidden")
    assert refused.data and refused.data["error"]["invalidToken"] is True  # type: ignore[index]
