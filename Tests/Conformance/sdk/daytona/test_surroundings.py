"""What lies around sandboxes: ports, snapshots, volumes, credentials, time."""

import time
from collections.abc import Callable

import httpx
import pytest
from daytona.common.errors import (
    DaytonaAuthenticationError,
    DaytonaBadRequestError,
    DaytonaConflictError,
    DaytonaError,
    DaytonaForbiddenError,
    DaytonaNotFoundError,
)
from running import RunningEmulator

from daytona import (
    CreateSandboxFromSnapshotParams,
    CreateSnapshotParams,
    Daytona,
    Image,
    Resources,
    Sandbox,
    SessionExecuteRequest,
    VolumeMount,
)
from daytona import SandboxState as State

HOME = "/home/daytona"


def serve(sandbox: Sandbox) -> None:
    """Lets a web server listen on port 8000."""
    sandbox.fs.upload_file(b"served", "site/file")
    sandbox.process.create_session("server")
    request = SessionExecuteRequest(command="cd site && python3 -m http.server 8000", run_async=True)
    sandbox.process.execute_session_command("server", request)
    while sandbox.process.exec("python3 -c \"import socket; socket.create_connection(('127.0.0.1', 8000))\"").exit_code:
        pass


def visit(emulator: RunningEmulator, url: str, **options: object) -> httpx.Response:
    """Its host name leads to this machine's loopback where names of `localhost` are resolved; here by hand."""
    asked = httpx.URL(url)
    headers = {**options.pop("headers", {}), "Host": asked.netloc.decode()}
    return httpx.get(asked.copy_with(host="127.0.0.1"), headers=headers, **options)


def test_previews(client: Daytona, sandbox: Sandbox, emulator: RunningEmulator) -> None:
    link = sandbox.get_preview_link(8000)
    assert visit(emulator, f"{link.url}/file", headers={"X-Daytona-Preview-Token": link.token}).status_code == 502
    serve(sandbox)
    assert visit(emulator, f"{link.url}/file", headers={"X-Daytona-Preview-Token": link.token}).text == "served"
    assert visit(emulator, f"{link.url}/file?DAYTONA_SANDBOX_AUTH_KEY={link.token}").text == "served"
    assert visit(emulator, f"{link.url}/file").status_code == 307
    assert visit(emulator, f"{link.url}/file", headers={"X-Daytona-Preview-Token": "wrong"}).status_code == 307
    assert visit(emulator, f"{link.url}/missing", headers={"X-Daytona-Preview-Token": link.token}).status_code == 404
    sandbox.set_public(True)
    assert visit(emulator, f"{link.url}/file").text == "served"
    sandbox.set_public(False)
    signed = sandbox.create_signed_preview_url(8000, 100)
    assert visit(emulator, f"{signed.url}/file").text == "served"
    emulator.advance(101)
    assert visit(emulator, f"{signed.url}/file").status_code == 307
    signed = sandbox.create_signed_preview_url(8000, 100)
    sandbox.expire_signed_preview_url(8000, signed.token)
    assert visit(emulator, f"{signed.url}/file").status_code == 307
    sandbox.stop()
    assert visit(emulator, f"{link.url}/file", headers={"Authorization": "Bearer emulator-token"}).status_code == 400


def test_snapshot_of_a_sandbox(client: Daytona, sandbox: Sandbox) -> None:
    sandbox.process.exec("echo before > file")
    sandbox.create_snapshot("taken")
    assert sandbox.state == State.STARTED
    sandbox.process.exec("echo after > file")
    made = client.create(CreateSandboxFromSnapshotParams(snapshot="taken"))
    assert made.process.exec("cat file").result == "before\n"
    found = client.snapshot.get("taken")
    assert found.state == "active" and found.source_sandbox_id == sandbox.id
    assert "taken" in {each.name for each in client.snapshot.list().items}
    with pytest.raises(DaytonaConflictError):
        sandbox.create_snapshot("taken")
    sandbox.delete(wait=True)
    client.snapshot.delete("taken")
    assert made.process.exec("cat file").result == "before\n"
    made.delete(wait=True)
    with pytest.raises(DaytonaNotFoundError):
        client.snapshot.get("taken")


def test_snapshots_that_are_built(client: Daytona) -> None:
    logs: list[str] = []
    image = Image.base("debian:12.9").run_commands("echo built > /etc/built")
    params = CreateSnapshotParams(name="built", image=image, resources=Resources(cpu=2, memory=3, disk=4))
    made = client.snapshot.create(params, on_logs=logs.append)
    assert (made.state, made.cpu, made.mem, made.disk) == ("active", 2, 3, 4) and logs
    sandbox = client.create(CreateSandboxFromSnapshotParams(snapshot="built"))
    assert (sandbox.process.exec("cat /etc/built").result, sandbox.cpu) == ("built\n", 2)
    sandbox.delete(wait=True)
    client.snapshot.delete(made)
    with pytest.raises(DaytonaError, match="code: 7"):
        broken = Image.base("debian:12.9").run_commands("exit 7")
        client.snapshot.create(CreateSnapshotParams(name="fails", image=broken))
    with pytest.raises(DaytonaBadRequestError, match="tag"):
        client.snapshot.create(CreateSnapshotParams(name="untagged", image="debian"))


def test_volumes(client: Daytona) -> None:
    volume = client.volume.get("shared", create=True)
    while client.volume.get("shared").state != "ready":
        pass
    mount = [VolumeMount(volume_id=volume.id, mount_path=f"{HOME}/data")]
    one = client.create(CreateSandboxFromSnapshotParams(volumes=mount))
    by_name = [VolumeMount(volume_id="shared", mount_path="/mnt/sub", subpath="inner")]
    two = client.create(CreateSandboxFromSnapshotParams(volumes=by_name))
    one.process.exec("mkdir -p data/inner && echo shared > data/inner/file")
    assert two.process.exec("cat /mnt/sub/file").result == "shared\n"
    assert two.fs.download_file("/mnt/sub/file") == b"shared\n"
    one.stop()
    one.start()
    assert one.process.exec("cat data/inner/file").result == "shared\n"
    with pytest.raises(DaytonaConflictError):
        client.volume.delete(volume)
    for each in (one, two):
        each.delete(wait=True)
    client.volume.delete(client.volume.get("shared"))
    while [each.name for each in client.volume.list()] == ["shared"]:
        pass
    with pytest.raises(DaytonaNotFoundError):
        client.volume.get("shared")
    with pytest.raises(DaytonaNotFoundError):
        client.create(CreateSandboxFromSnapshotParams(volumes=mount))


def until(client: Daytona, sandbox: Sandbox, state: State) -> None:
    deadline = time.monotonic() + 60
    while client.get(sandbox.id).state != state:
        assert time.monotonic() < deadline


def test_time(client: Daytona, sandbox: Sandbox, emulator: RunningEmulator) -> None:
    sandbox.set_autostop_interval(10)
    sandbox.set_auto_archive_interval(20)
    sandbox.set_auto_delete_interval(50)
    emulator.advance(9 * 60)
    sandbox.process.exec("true")
    emulator.advance(9 * 60)
    assert client.get(sandbox.id).state == State.STARTED
    emulator.advance(61)
    until(client, sandbox, State.STOPPED)
    emulator.advance(21 * 60)
    until(client, sandbox, State.ARCHIVED)
    emulator.advance(51 * 60)
    with pytest.raises(DaytonaNotFoundError):
        until(client, sandbox, State.DESTROYED)


def test_the_end_of_lives(client: Daytona, sandbox: Sandbox, emulator: RunningEmulator) -> None:
    sandbox.set_ttl(5)
    short = client.create(CreateSandboxFromSnapshotParams(ephemeral=True))
    assert short.auto_delete_interval == 0
    short.stop()
    assert short.state == State.DESTROYED
    emulator.advance(5 * 60 + 1)
    with pytest.raises(DaytonaNotFoundError):
        until(client, sandbox, State.DESTROYED)


def test_credentials(connect: Callable[..., Daytona], sandbox: Sandbox, emulator: RunningEmulator) -> None:
    with pytest.raises(DaytonaAuthenticationError):
        connect(api_key="wrong").get(sandbox.id)
    organization = emulator.state()["organization"]
    user = connect(api_key=None, jwt_token="jwt-token", organization_id=organization)
    found = user.get(sandbox.id)
    assert found.process.exec("echo works").result == "works\n"
    with pytest.raises(DaytonaForbiddenError):
        connect(api_key=None, jwt_token="jwt-token", organization_id="another").get(sandbox.id)
