"""The generation before standard input: everything that it can do, once."""

import hashlib
import random
import string
import time
import urllib.request
from datetime import timedelta

import pytest
from conftest import Connect, settled
from running import RunningEmulator
from vercel.sandbox.sync import (
    SandboxApiError,
    SandboxQueryByName,
    SandboxResources,
    SandboxStatus,
    SnapshotRetention,
    SnapshotSource,
    SyncSandbox,
    SyncSandboxClient,
)

SERVER = """
import http.server
server = http.server.HTTPServer(("", 3000), http.server.SimpleHTTPRequestHandler)
print("up", flush=True)
server.serve_forever()
"""


def test_create_get_list_destroy(client: SyncSandboxClient) -> None:
    made = client.create_sandbox(
        name="older", image="node24", ports=[3000], execution_time_limit=timedelta(minutes=5), persistent=True,
        resources=SandboxResources(vcpus=1), env={"GREETING": "hi"}, tags={"scope": "one"},
        snapshot_expiration=timedelta(days=7), snapshot_retention=SnapshotRetention(count=1),
    )
    assert made.status is SandboxStatus.RUNNING and (made.vcpus, made.memory) == (1, 2048)
    assert made.run_process("printenv", ["GREETING"], capture_output=True).stdout == "hi\n"
    query = SandboxQueryByName(name_prefix="old")
    assert [each.name for each in client.query_sandboxes(query=query)] == ["older"]
    with pytest.raises(SandboxApiError) as taken:
        client.create_sandbox(name="older")
    assert taken.value.status_code == 400
    again, created = client.get_or_create_sandbox(name="older")
    assert not created and again.current_session_id == made.current_session_id
    made.destroy()
    with pytest.raises(SandboxApiError) as gone:
        client.get_sandbox(name="older")
    assert gone.value.status_code == 404


def test_run_and_follow(sandbox: SyncSandbox) -> None:
    done = sandbox.run_process("sh", ["-c", "pwd; echo err >&2; exit 3"], capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (3, "/vercel/sandbox\n", "err\n")
    sandbox.run_process("mkfifo", ["fifo"])
    process = sandbox.create_process("sh", ["-c", "echo one; read x < fifo; echo two"])
    assert process.stdout and process.stdout.readline() == "one\n"
    sandbox.run_process("sh", ["-c", "echo go > fifo"])
    assert process.communicate()[0] == "two\n" and process.wait() == 0
    assert sandbox.run_process("id", ["-u"], sudo=True, capture_output=True).stdout == "0\n"


def test_twelve_megabytes_character_for_character(sandbox: SyncSandbox) -> None:
    text = "".join(random.Random(3).choices(string.ascii_letters + "äß→\n", k=3 << 20)) * 4
    sandbox.fs.write_text("big", text)
    done = sandbox.run_process("cat", ["big"], capture_output=True)
    assert done.stdout and hashlib.sha256(done.stdout.encode()).digest() == hashlib.sha256(text.encode()).digest()


def test_kill(sandbox: SyncSandbox) -> None:
    process = sandbox.create_process("sleep", ["1001"])
    process.terminate()
    assert process.wait() == 255
    began = time.monotonic()
    assert sandbox.run_process("sleep", ["1001"], kill_after=0.3).returncode == 255
    assert time.monotonic() - began < 60


def test_files(sandbox: SyncSandbox) -> None:
    content = bytes(range(256)) * 1000
    sandbox.fs.write_bytes("deep/data.bin", content)
    assert sandbox.fs.read_bytes("deep/data.bin") == content
    sandbox.fs.mkdir("made")
    assert {each.path for each in sandbox.fs.listdir(".")} == {"deep", "made"}
    sandbox.fs.rename("deep/data.bin", "made/data.bin")
    sandbox.fs.remove("deep", recursive=True)
    assert not sandbox.fs.exists("deep") and sandbox.fs.is_file("made/data.bin")


def test_ports(client: SyncSandboxClient) -> None:
    made = client.create_sandbox(ports=[3000])
    made.fs.write_text("page.txt", "content")
    server = made.create_process("python3", ["-c", SERVER])
    assert server.stdout and server.stdout.readline() == "up\n"
    host = made.routes[0].url.removeprefix("http://")
    address = f"http://127.0.0.1:{host.rpartition(':')[2]}/page.txt"
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Host": host}), timeout=60) as answer:
        assert answer.read() == b"content"
    made.destroy()


def test_stop_resume_extend(sandbox: SyncSandbox, emulator: RunningEmulator) -> None:
    sandbox.fs.write_text("state", "kept")
    sandbox.extend_execution_time_limit(timedelta(minutes=5))
    emulator.advance(400)
    assert sandbox.current_session and sandbox.current_session.refresh().status is SandboxStatus.RUNNING
    emulator.advance(201)
    settled(sandbox)
    assert sandbox.run_process("cat", ["state"], capture_output=True).stdout == "kept"
    sandbox.stop()
    settled(sandbox)
    assert sandbox.fs.read_text("state") == "kept" and len(list(sandbox.list_sessions())) == 3


def test_snapshots(client: SyncSandboxClient, sandbox: SyncSandbox) -> None:
    sandbox.fs.write_text("state", "one")
    snapshot = sandbox.snapshot()
    copy = client.create_sandbox(source=SnapshotSource(snapshot_id=snapshot.id))
    assert copy.fs.read_text("state") == "one" and sandbox.fs.read_text("state") == "one"
    copy.destroy()
    assert [each.id for each in sandbox.list_snapshots()] == [snapshot.id]
    assert snapshot.delete().status == "deleted"


def test_terminal(sandbox: SyncSandbox) -> None:
    with sandbox.open_interactive("sh", ["-c", "tty; exit 5"]) as session:
        seen = bytearray()
        while piece := session.stream.read(1000):
            seen += piece
        assert session.wait() == 5 and b"/dev/pts/" in seen


def test_faults(client: SyncSandboxClient, sandbox: SyncSandbox, emulator: RunningEmulator, connect: Connect) -> None:
    emulator.fault("lost-answer", "POST", "/v3/sandboxes")
    with pytest.raises(Exception) as lost:
        client.create_sandbox(name="lost-older")
    assert not isinstance(lost.value, SandboxApiError)
    client.get_sandbox(name="lost-older").destroy()
    for kind, fields, status in (("rate-limited", {"retry_after": 2}, 429), ("status", {"status": 502}, 502)):
        emulator.fault(kind, "POST", "*/cmd", **fields)
        with pytest.raises(SandboxApiError) as refused:
            sandbox.run_process("true")
        assert refused.value.status_code == status
    emulator.fault("cut", "POST", "*/cmd", bytes=2_000)
    with pytest.raises(Exception) as cut:
        sandbox.run_process("head", ["-c", "100000", "/dev/zero"], capture_output=True)
    assert not isinstance(cut.value, SandboxApiError)
    emulator.fault("reaped", "POST", "*/cmd")
    with pytest.raises(SandboxApiError) as gone:
        sandbox.run_process("true")
    # There was never a snapshot that it could be resumed from.
    assert (gone.value.status_code, gone.value.code) == (410, "snapshot_not_found")
    with pytest.raises(SandboxApiError) as expired:
        connect(token="expired").get_sandbox(name=sandbox.name)
    assert expired.value.status_code == 403
