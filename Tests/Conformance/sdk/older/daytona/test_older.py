"""The generation of before events and cursors: it pages by number, and separates the streams of logs itself."""

import asyncio

import pytest
from daytona.common.pty import PtySize
from running import RunningEmulator

from daytona import (
    CreateSandboxFromImageParams,
    CreateSandboxFromSnapshotParams,
    Daytona,
    DaytonaError,
    DaytonaNotFoundError,
    FileUpload,
    Image,
    Sandbox,
    SessionExecuteRequest,
    VolumeMount,
)


def test_create_get_list_delete(client: Daytona) -> None:
    made = client.create(CreateSandboxFromSnapshotParams(
        name="older", labels={"fleet": "old"}, env_vars={"WORD": "given"}, auto_stop_interval=5, public=True
    ))
    assert (made.state, made.auto_stop_interval, made.public) == ("started", 5, True)
    assert client.get("older").id == made.id
    found = client.list(labels={"fleet": "old"}, page=1, limit=1)
    assert ([each.id for each in found.items], found.total, found.total_pages) == ([made.id], 1, 1)
    assert client.list(labels={"fleet": "new"}).items == []
    made.stop()
    assert made.state == "stopped"
    made.start()
    made.stop()
    made.archive()
    while client.get(made.id).state == "archiving":
        pass
    client.get(made.id).delete()
    with pytest.raises(DaytonaNotFoundError):
        for _ in range(2000):
            client.get(made.id)


def test_commands(sandbox: Sandbox) -> None:
    done = sandbox.process.exec("echo out; echo \"it's $WORD\" >&2; pwd; exit 3", cwd="/tmp", env={"WORD": "given"})
    assert (done.exit_code, done.result) == (3, "out\nit's given\n/tmp")
    assert sandbox.get_work_dir() == "/home/daytona"
    with pytest.raises(DaytonaError, match="timeout"):
        sandbox.process.exec("sleep 1000", timeout=1)


def test_sessions(sandbox: Sandbox) -> None:
    sandbox.process.create_session("work")
    request = SessionExecuteRequest(command="echo out; echo err >&2; cd /tmp; (exit 4)")
    done = sandbox.process.execute_session_command("work", request)
    assert (done.exit_code, done.stdout, done.stderr) == (4, "out\n", "err\n")
    loop = "pwd; for n in 1 2; do echo $n; echo e$n >&2; sleep 0.05; done"
    request = SessionExecuteRequest(command=loop, run_async=True)
    command = str(sandbox.process.execute_session_command("work", request).cmd_id)
    out: list[str] = []
    err: list[str] = []
    asyncio.run(sandbox.process.get_session_command_logs_async("work", command, out.append, err.append))
    assert ("".join(out), "".join(err)) == ("/tmp\n1\n2\n", "e1\ne2\n")
    logs = sandbox.process.get_session_command_logs("work", command)
    assert (logs.stdout, logs.stderr) == ("/tmp\n1\n2\n", "e1\ne2\n")
    assert sandbox.process.get_session_command("work", command).exit_code == 0
    assert [each.session_id for each in sandbox.process.list_sessions()] == ["work"]
    sandbox.process.delete_session("work")
    with pytest.raises(DaytonaError):
        sandbox.process.get_session("work")


def test_terminal(sandbox: Sandbox) -> None:
    terminal = sandbox.process.create_pty_session("tty", pty_size=PtySize(rows=30, cols=100))
    terminal.wait_for_connection()
    terminal.send_input("stty size; exit 6\n")
    output = bytearray()
    assert terminal.wait(on_data=output.extend).exit_code == 6
    assert b"30 100" in output


def test_files(sandbox: Sandbox) -> None:
    content = bytes(range(256)) * 5000
    sandbox.fs.upload_file(content, "deep/file")
    assert sandbox.fs.download_file("deep/file") == content
    sandbox.fs.upload_files([FileUpload(source=b"1", destination="a"), FileUpload(source=b"2", destination="b")])
    sandbox.fs.create_folder("folder", "755")
    assert {"a", "b", "deep", "folder"} <= {each.name for each in sandbox.fs.list_files(".")}
    sandbox.fs.move_files("a", "folder/a")
    assert sandbox.fs.get_file_info("folder/a").size == 1
    assert sandbox.fs.search_files(".", "folder/*").files == ["./folder/a"]
    sandbox.fs.delete_file("folder", recursive=True)
    with pytest.raises(DaytonaError):
        sandbox.fs.get_file_info("folder")
    with pytest.raises(DaytonaError):
        sandbox.fs.download_file("missing")


def test_volumes_previews_and_builds(client: Daytona, emulator: RunningEmulator) -> None:
    volume = client.volume.get("shared", create=True)
    while client.volume.get("shared").state != "ready":
        pass
    image = Image.base("debian:12.9").run_commands("echo built > /etc/built")
    made = client.create(CreateSandboxFromImageParams(
        image=image, volumes=[VolumeMount(volume_id=volume.id, mount_path="/mnt/data")]
    ))
    assert made.process.exec("cat /etc/built; touch /mnt/data/file && ls /mnt/data").result == "built\nfile"
    link = made.get_preview_link(3000)
    assert link.token and link.url.startswith(f"http://3000-{made.id}.")
    assert [each.name for each in client.snapshot.list(limit=1).items] == ["daytona-vm-small"]
    made.delete()


def test_faults(client: Daytona, sandbox: Sandbox, emulator: RunningEmulator) -> None:
    emulator.fault("unauthorized", "GET", "/api/sandbox/*")
    with pytest.raises(DaytonaError, match="expired"):
        client.get(sandbox.id)
    emulator.fault("status", "POST", "*/process/execute", status=502)
    with pytest.raises(DaytonaError, match="injected"):
        sandbox.process.exec("true")
    emulator.fault("reaped", "POST", "*/process/execute")
    with pytest.raises(DaytonaError):
        sandbox.process.exec("true")
    with pytest.raises(DaytonaNotFoundError):
        client.get(sandbox.id)
