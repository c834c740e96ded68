"""Snapshots: taken, started from, kept, expired, deleted. And drives, which need none."""

import time
from datetime import timedelta

import pytest
from conftest import settled
from running import RunningEmulator
from vercel.sandbox.sync import (
    SandboxApiError,
    SandboxStatus,
    SnapshotRetention,
    SnapshotSource,
    SyncSandbox,
    SyncSandboxClient,
    SyncSnapshot,
)


def taken(sandbox: SyncSandbox, content: str) -> SyncSnapshot:
    sandbox.fs.write_text("state", content)
    return sandbox.snapshot()


def test_a_snapshot_stops_the_session_and_starts_others(client: SyncSandboxClient, sandbox: SyncSandbox) -> None:
    first = sandbox.current_session_id
    snapshot = taken(sandbox, "one")
    assert sandbox.current_session and sandbox.current_session.status is SandboxStatus.STOPPED
    assert snapshot.source_session_id == first and client.get_snapshot(snapshot_id=snapshot.id).status == "created"
    copy = client.create_sandbox(source=SnapshotSource(snapshot_id=snapshot.id))
    assert copy.fs.read_text("state") == "one"
    copy.fs.write_text("state", "other")
    # The sandbox itself goes on from it with the next command.
    assert sandbox.fs.read_text("state") == "one" and sandbox.current_session_id != first
    copy.destroy()
    with pytest.raises(SandboxApiError):
        client.create_sandbox(source=SnapshotSource(snapshot_id="snap_unknown"))


def test_an_older_one_can_be_made_the_current_one(sandbox: SyncSandbox) -> None:
    first = taken(sandbox, "first")
    taken(sandbox, "second")
    assert sandbox.fs.read_text("state") == "second"
    sandbox.stop()
    settled(sandbox)
    sandbox.update(current_snapshot_id=first.id)
    assert sandbox.fs.read_text("state") == "first"


def test_only_the_last_are_kept(client: SyncSandboxClient) -> None:
    made = client.create_sandbox(snapshot_retention=SnapshotRetention(count=2))
    snapshots = [taken(made, str(number)) for number in range(4)]
    assert [each.id for each in made.list_snapshots()] == [snapshots[3].id, snapshots[2].id]
    assert client.get_snapshot(snapshot_id=snapshots[0].id).status == "deleted"
    assert made.fs.read_text("state") == "3"
    made.destroy()


def test_they_expire_when_they_are_not_used(client: SyncSandboxClient, emulator: RunningEmulator) -> None:
    made = client.create_sandbox(name="expiring", snapshot_expiration=timedelta(days=2), execution_time_limit=3600)
    short = taken(made, "short")
    for_ever = made.snapshot(expiration=0)
    assert short.expires_at is not None and for_ever.expires_at is None
    emulator.advance(86_400 * 1.5)
    copy = client.create_sandbox(source=SnapshotSource(snapshot_id=short.id))
    copy.destroy()
    emulator.advance(86_400)
    assert client.get_snapshot(snapshot_id=short.id).status == "created"
    emulator.advance(86_400 * 1.5)
    until = time.monotonic() + 60
    while client.get_snapshot(snapshot_id=short.id).status != "deleted":
        assert time.monotonic() < until
    with pytest.raises(SandboxApiError) as expired:
        client.create_sandbox(source=SnapshotSource(snapshot_id=short.id))
    assert expired.value.code == "snapshot_not_found"
    assert client.get_snapshot(snapshot_id=for_ever.id).status == "created"
    made.destroy()


def test_they_outlive_their_sandbox_unless_told(client: SyncSandboxClient) -> None:
    made = client.create_sandbox()
    kept = taken(made, "kept")
    made.destroy()
    restored = client.create_sandbox(source=SnapshotSource(snapshot_id=kept.id))
    assert restored.fs.read_text("state") == "kept"
    orphan = taken(restored, "orphan")
    restored.destroy(delete_orphan_snapshots=True)
    assert client.get_snapshot(snapshot_id=orphan.id).status == "deleted"
    assert client.get_snapshot(snapshot_id=kept.id).delete().status == "deleted"


def test_drives(client: SyncSandboxClient) -> None:
    drive, again = (client.get_or_create_drive(name="cache", max_size_bytes=1 << 30)[0] for _ in range(2))
    assert drive.id == again.id and client.get_drive(name_or_id=drive.id).name == "cache"
    first = client.create_sandbox(mounts={"/mnt/cache": drive})
    first.fs.write_text("/mnt/cache/file", "cached")
    with pytest.raises(SandboxApiError) as taken:
        client.create_sandbox(mounts={"/mnt/cache": drive})
    assert taken.value.status_code == 409
    first.stop()
    settled(first)
    second = client.create_sandbox(mounts={"/mnt/cache": drive})
    assert second.fs.read_text("/mnt/cache/file") == "cached"
    second.destroy()
    reader = client.create_sandbox(mounts={"/mnt/cache": drive.snapshot()})
    assert reader.run_process("sh", ["-c", "cat /mnt/cache/file"], capture_output=True).stdout == "cached"
    assert reader.run_process("sh", ["-c", "echo no > /mnt/cache/file"], capture_output=True).returncode != 0
    # Mounts are changed for the next session.
    reader.update(mounts={})
    assert reader.fs.exists("/mnt/cache/file")
    reader.stop()
    settled(reader)
    assert not reader.fs.exists("/mnt/cache")
    fork = client.fork_drive(source="cache", name="copy")
    assert fork.name == "copy" and {each.name for each in client.query_drives()} == {"cache", "copy"}
    reader.destroy()
    first.destroy()
    drive.delete()
    fork.delete()
    assert list(client.query_drives()) == []
