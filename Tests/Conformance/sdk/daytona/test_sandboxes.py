"""Sandboxes themselves: create, get, list, states, settings, delete."""

import uuid
from collections.abc import Callable, Iterator

import pytest
from daytona.common.errors import (
    DaytonaBadRequestError,
    DaytonaConflictError,
    DaytonaError,
    DaytonaNotFoundError,
    DaytonaUnprocessableEntityError,
)

from daytona import (
    CreateSandboxFromImageParams,
    CreateSandboxFromSnapshotParams,
    Daytona,
    Image,
    ListSandboxesQuery,
    Resources,
    Sandbox,
)
from daytona import SandboxState as State


def until(sandbox: Sandbox, *states: State) -> None:
    """Waits for one of the states; fails in any that is none of those on the way."""
    for _ in range(2000):
        sandbox.refresh_data()
        if sandbox.state in states:
            return
    raise AssertionError(f"still {sandbox.state}")


def test_create_get_list_delete(client: Daytona) -> None:
    params = CreateSandboxFromSnapshotParams(
        name="life", language="python", env_vars={"WORD": "given"}, labels={"fleet": "a", "epoch": "1"},
        auto_stop_interval=7, auto_archive_interval=60, auto_delete_interval=120, public=True, network_block_all=True,
    )
    made = client.create(params)
    assert (made.state, made.name, made.user, made.snapshot) == (State.STARTED, "life", "daytona", "daytona-small")
    assert made.labels == {"fleet": "a", "epoch": "1", "code-toolbox-language": "python"}
    assert (made.auto_stop_interval, made.auto_archive_interval, made.auto_delete_interval) == (7, 60, 120)
    assert made.public and made.network_block_all and made.env == {"WORD": "given"}
    assert client.get("life").id == client.get(made.id).id == made.id
    assert made.process.exec("echo $WORD $DAYTONA_SANDBOX_ID").result == f"given {made.id}\n"
    with pytest.raises(DaytonaConflictError, match="already exists"):
        client.create(CreateSandboxFromSnapshotParams(name="life"))
    made.delete(wait=True)
    assert made.state == State.DESTROYED
    for known in ("life", made.id):
        with pytest.raises(DaytonaNotFoundError):
            client.get(known)
    with pytest.raises(DaytonaNotFoundError):
        made.delete()


def test_a_name_is_free_as_soon_as_its_sandbox_goes(client: Daytona) -> None:
    first = client.create(CreateSandboxFromSnapshotParams(name="again"))
    first.delete()
    second = client.create(CreateSandboxFromSnapshotParams(name="again"))
    assert second.id != first.id
    second.delete(wait=True)


@pytest.fixture
def many(client: Daytona) -> Iterator[list[Sandbox]]:
    made = []
    for number in range(5):
        labels = {"page": "yes", "odd": str(number % 2)}
        made.append(client.create(CreateSandboxFromSnapshotParams(name=f"page-{number}", labels=labels)))
    yield made
    left = {each.id for each in client.list()}
    for each in made:
        if each.id in left:
            client.get(each.id).delete(wait=True)


def test_list_by_labels_states_and_names_in_pages(client: Daytona, many: list[Sandbox], sandbox: Sandbox) -> None:
    found = list(client.list(ListSandboxesQuery(labels={"page": "yes"}, limit=2)))
    assert [each.name for each in found] == [f"page-{number}" for number in (4, 3, 2, 1, 0)]
    assert {each.name for each in client.list(ListSandboxesQuery(labels={"page": "yes", "odd": "1"}))} == {
        "page-1", "page-3",
    }
    assert [each.name for each in client.list(ListSandboxesQuery(name="page-2"))] == ["page-2"]
    assert list(client.list(ListSandboxesQuery(labels={"page": "no"}))) == []
    many[0].stop()
    stopped = client.list(ListSandboxesQuery(labels={"page": "yes"}, states=[State.STOPPED, State.ARCHIVED]))
    assert [each.name for each in stopped] == ["page-0"]
    assert sandbox.id in {each.id for each in client.list()}


def test_a_page_goes_on_where_a_sandbox_has_gone(client: Daytona, many: list[Sandbox]) -> None:
    pages = client.list(ListSandboxesQuery(labels={"page": "yes"}, limit=2))
    assert [next(pages).name, next(pages).name] == ["page-4", "page-3"]
    many[3].delete(wait=True)
    assert [each.name for each in pages] == ["page-2", "page-1", "page-0"]


def test_stop_and_start_keep_the_disk_and_nothing_that_ran(sandbox: Sandbox) -> None:
    sandbox.process.exec("echo kept > kept; (sleep 1000 & echo $! > pid) > /dev/null 2>&1")
    sandbox.process.create_session("session")
    token = sandbox.get_preview_link(3000).token
    sandbox.stop()
    assert sandbox.state == State.STOPPED
    with pytest.raises(DaytonaBadRequestError, match="Is the Sandbox started"):
        sandbox.process.exec("true")
    with pytest.raises(DaytonaBadRequestError, match="stoppable"):
        sandbox.stop()
    sandbox.start()
    sandbox.start()
    assert sandbox.process.exec("cat kept; kill -0 $(cat pid)").result.startswith("kept\n")
    assert sandbox.process.exec("kill -0 $(cat pid)").exit_code == 1
    assert sandbox.process.list_sessions() == []
    assert sandbox.get_preview_link(3000).token != token


def test_archive_and_restore(sandbox: Sandbox) -> None:
    sandbox.process.exec("echo kept > kept")
    with pytest.raises(DaytonaBadRequestError, match="not stopped"):
        sandbox.archive()
    sandbox.stop()
    sandbox.archive()
    until(sandbox, State.ARCHIVED)
    sandbox.start()
    assert sandbox.process.exec("cat kept").result == "kept\n"


def test_pause_keeps_processes(machine: Sandbox, sandbox: Sandbox) -> None:
    machine.process.exec("(sleep 1000 & echo $! > pid) > /dev/null 2>&1")
    machine.pause()
    assert machine.state == State.PAUSED
    with pytest.raises(DaytonaBadRequestError):
        machine.process.exec("true")
    machine.start()
    assert machine.process.exec("kill -0 $(cat pid)").exit_code == 0
    with pytest.raises(DaytonaUnprocessableEntityError, match="not supported"):
        sandbox.pause()


def test_fork(client: Daytona, machine: Sandbox, sandbox: Sandbox) -> None:
    machine.process.exec("echo parent > file")
    child = machine.fork(name="child")
    child.process.exec("echo child > file")
    assert machine.process.exec("cat file").result == "parent\n"
    assert child.process.exec("cat file").result == "child\n"
    machine.refresh_data()
    until(machine, State.STARTED)
    with pytest.raises(DaytonaBadRequestError, match="fork children"):
        machine.delete()
    child.delete(wait=True)
    with pytest.raises(DaytonaUnprocessableEntityError):
        sandbox.fork()


def test_resize(sandbox: Sandbox) -> None:
    sandbox.resize(Resources(cpu=2, memory=2))
    assert (sandbox.cpu, sandbox.memory, sandbox.state) == (2, 2, State.STARTED)
    with pytest.raises(DaytonaBadRequestError, match="stopped sandbox"):
        sandbox.resize(Resources(disk=9))
    sandbox.stop()
    sandbox.resize(Resources(cpu=1, disk=9))
    assert (sandbox.cpu, sandbox.disk, sandbox.state) == (1, 9, State.STOPPED)


def test_settings(client: Daytona, sandbox: Sandbox) -> None:
    sandbox.set_labels({"new": "label"})
    sandbox.set_public(True)
    sandbox.set_autostop_interval(3)
    sandbox.set_auto_archive_interval(4)
    sandbox.set_auto_delete_interval(5)
    sandbox.set_ttl(60)
    sandbox.update_network_settings(network_allow_list="10.0.0.0/8")
    sandbox.refresh_activity()
    found = client.get(sandbox.id)
    assert (found.labels, found.public, found.network_allow_list) == ({"new": "label"}, True, "10.0.0.0/8")
    assert (found.auto_stop_interval, found.auto_archive_interval, found.auto_delete_interval) == (3, 4, 5)
    assert found.auto_destroy_at


def test_image_and_build(client: Daytona) -> None:
    image = Image.base("debian:12.9").env({"BAKED": "in"}).run_commands("echo baked > /etc/baked").workdir("/srv/work")
    logs: list[str] = []
    made = client.create(
        CreateSandboxFromImageParams(image=image, resources=Resources(cpu=2, memory=4)),
        on_snapshot_create_logs=logs.append,
    )
    assert made.process.exec("pwd; cat /etc/baked; echo $BAKED").result == "/srv/work\nbaked\nin\n"
    assert (made.cpu, made.memory) == (2, 4) and made.get_work_dir() == "/srv/work"
    assert "Build completed" in "\n".join(logs)
    made.delete(wait=True)
    plain = client.create(CreateSandboxFromImageParams(image="python:3.12-slim"))
    assert plain.process.exec("echo works").result == "works\n"
    plain.delete(wait=True)


def test_a_build_that_fails(client: Daytona) -> None:
    image = Image.base("debian:12.9").run_commands("echo about to fail; exit 3")
    with pytest.raises(DaytonaError, match="returned a non-zero code: 3"):
        client.create(CreateSandboxFromImageParams(name="broken", image=image))
    broken = client.get("broken")
    assert broken.state == State.BUILD_FAILED
    broken.delete(wait=True)


def test_an_error_and_the_recovery_from_it(client: Daytona, sandbox: Sandbox) -> None:
    sandbox.process.exec("echo kept > kept")
    sandbox.stop()
    sandbox.set_labels({"emulator-fails": "start"})
    with pytest.raises(DaytonaError, match="error state"):
        sandbox.start()
    assert client.get(sandbox.id).recoverable
    with pytest.raises(DaytonaBadRequestError):
        sandbox.start()
    sandbox.recover()
    assert sandbox.process.exec("cat kept").result == "kept\n"


def test_what_does_not_fit_is_refused(client: Daytona) -> None:
    with pytest.raises(DaytonaBadRequestError, match="Snapshot nothing not found"):
        client.create(CreateSandboxFromSnapshotParams(snapshot="nothing"))
    with pytest.raises(DaytonaNotFoundError):
        client.get(str(uuid.uuid4()))


def test_waiting_for_events_falls_back_to_asking(connect: Callable[..., Daytona]) -> None:
    client = connect(use_deprecated_polling=False)
    made = client.create()
    assert made.state == State.STARTED
    made.stop()
    assert made.state == State.STOPPED
    made.delete(wait=True)
