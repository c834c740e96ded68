"""Sandboxes and sessions in states that a client seldom sees."""

import subprocess
import tarfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from running import RunningEmulator, eventually


# Below the time limit of sessions.
STEP = 100


@pytest.fixture
def slow(connected: Any) -> Any:
    """Starts, stops and snapshots last until the clock is pushed."""
    lasting = [each for name in ("start", "stop", "snapshot") for each in ("--delay", f"{name}={STEP}")]
    with RunningEmulator("vercel", "--delay", "0", *lasting) as emulator:
        yield connected(emulator)


def pushed(api: Any, doing: Future[Any]) -> Any:
    """Pushes the clock until it is done; what came of it."""
    until = time.monotonic() + 60
    while not doing.done():
        assert time.monotonic() < until
        api.emulator.advance(STEP)
        time.sleep(0.01)
    return doing.result()


def reached(api: Any, session: str, *statuses: str) -> None:
    """Pushes the clock until a session is in one of these."""
    until = time.monotonic() + 60
    while (seen := api("GET", session).json["session"]["status"]) not in statuses:
        assert time.monotonic() < until, seen
        api.emulator.advance(STEP)


def test_a_command_waits_for_the_start(slow: Any) -> None:
    _, session = slow.create()
    assert slow("GET", session).json["session"]["status"] == "pending"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(slow.run, session, "echo started")
        eventually(lambda: [each for each in slow.emulator.requests() if each["path"] == f"{session}/cmd"])
        assert not running.done()
        reached(slow, session, "running")
        assert running.result() == "started\n"
    assert slow("GET", session).json["session"]["startedAt"] >= slow("GET", session).json["session"]["requestedAt"]


def test_stop_before_the_start_and_twice(slow: Any) -> None:
    name, session = slow.create()
    with ThreadPoolExecutor(1) as pool:
        stopping = pool.submit(slow, "POST", session + "/stop")
        eventually(lambda: [each for each in slow.emulator.requests() if each["path"] == f"{session}/stop"])
        reached(slow, session, "running", "stopping", "snapshotting")
        assert stopping.result().json["session"]["status"] == "stopping"
    assert slow("POST", session + "/stop", {}).status == 200
    reached(slow, session, "stopped")
    again = slow("POST", session + "/stop", {})
    assert (again.status, again.code) == (410, "sandbox_stopped")
    assert len(slow("GET", "/v2/sandboxes/snapshots", name=name).json["snapshots"]) == 1


def test_only_one_snapshot_at_a_time(slow: Any) -> None:
    _, session = slow.create()
    reached(slow, session, "running")
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(slow, "POST", session + "/snapshot", {}) for _ in range(4)]
        eventually(lambda: sum(each.done() for each in calls) == 3)
        answers = [pushed(slow, each) for each in calls]
    assert sorted(answer.status for answer in answers) == [201, 422, 422, 422]
    assert {answer.code for answer in answers if answer.status == 422} == {"sandbox_snapshotting"}


def test_many_resumes_start_one_session(slow: Any) -> None:
    name, session = slow.create()
    reached(slow, session, "running")
    slow("POST", session + "/stop", {})
    reached(slow, session, "stopped")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: slow("GET", f"/v2/sandboxes/{name}", resume="true").json, range(8)))
    assert len({answer["session"]["id"] for answer in answers}) == 1
    assert sum(answer["resumed"] for answer in answers) == 1


def test_many_creations_of_a_name_make_one(slow: Any) -> None:
    body = {"projectId": "prj_emulated", "name": "contended"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: slow("POST", "/v3/sandboxes", body), range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [400] * 7


@pytest.mark.parametrize("path", [None, "/stop", "/snapshot"])
def test_deleted_in_any_state(slow: Any, path: str | None) -> None:
    name, session = slow.create()
    with ThreadPoolExecutor(2) as pool:
        if path:
            reached(slow, session, "running")
            acting = pool.submit(slow, "POST", f"{session}{path}", {})
            eventually(lambda: slow("GET", session).json["session"]["status"] != "running")
        assert pushed(slow, pool.submit(slow, "DELETE", f"/v2/sandboxes/{name}")).status == 200
        if path:
            pushed(slow, acting)
    assert slow("GET", f"/v2/sandboxes/{name}").status == 404 and slow("GET", session).status == 404
    state = slow.emulator.state()
    assert state["sandboxes"] == {} and state["machines"] == 0


def test_a_fork_has_no_drives_and_the_source_goes_on(api: Any) -> None:
    api("POST", "/v2/sandboxes/drives/shared", {"projectId": "prj_emulated"})
    name, session = api.create(mounts={"/mnt/shared": {"drive": "shared"}}, env={"A": "b"})
    api.settled(session, "running")
    api.run(session, "echo drive > /mnt/shared/file; echo own > file")
    command = api.start(session, "exec sleep 1001")
    fork = api("POST", f"/v2/sandboxes/{name}/fork", {}).json
    assert fork["sandbox"]["mounts"] == {} and fork["sandbox"]["name"] != name
    copy = f"/v2/sandboxes/sessions/{fork['session']['id']}"
    assert api.run(copy, "cat file; echo $A; ls /mnt") == "own\nb\n"
    assert api("GET", command).json["command"]["exitCode"] is None
    # A drive of a session that is taken away is kept.
    api.emulator.fault("reaped", "GET", session)
    assert api("GET", session).json["session"]["status"] == "aborted"
    _, other = api.create(mounts={"/data": {"drive": "shared"}})
    assert api.run(other, "cat /data/file") == "drive\n"


def test_what_is_not_there_is_not_reaped(api: Any) -> None:
    for path in ("/v2/sandboxes", "/v2/sandboxes/nobody", "/v2/sandboxes/sessions/sbx_nobody"):
        api.emulator.fault("reaped", "GET", path)
        assert api("GET", path).status == (200 if path == "/v2/sandboxes" else 404)


def test_hosts_keep_their_names_while_a_session_lives(api: Any) -> None:
    name, session = api.create(ports=[3000])
    (route,) = api("GET", session).json["routes"]
    changed = api("PATCH", f"/v2/sandboxes/{name}", {"ports": [4000, 3000]}).json["routes"]
    assert changed[1] == route and changed[0]["port"] == 4000
    api("POST", session + "/stop", {})
    api.settled(session)
    resumed = api("GET", f"/v2/sandboxes/{name}", resume="true").json["routes"]
    assert [each["port"] for each in resumed] == [4000, 3000] and resumed[1]["url"] != route["url"]


def test_sources(api: Any, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "file").write_text("from the source")
    git = ["git", "-C", str(checkout), "-c", "user.name=n", "-c", "user.email=e@example.com"]
    for command in (["init", "--quiet"], ["add", "file"], ["commit", "--quiet", "--message", "m"]):
        subprocess.run([*git, *command], check=True)
    with tarfile.open(tmp_path / "checkout.tar.gz", "w:gz") as archive:
        archive.add(checkout / "file", "top/file")

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(tmp_path))

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        for source in ({"type": "git", "url": f"file://{checkout}", "depth": 1},
                       {"type": "tarball", "url": url + "/checkout.tar.gz"}):
            _, session = api.create(source=source)
            assert api.run(session, "cat file; stat -c ' %U' file") == "from the source vercel-sandbox\n"
        for source in ({"type": "git", "url": f"file://{checkout}/nothing"}, {"type": "tarball", "url": url + "/nothing"},
                       {"type": "tarball", "url": url + "/checkout/file"}):
            _, session = api.create(source=source)
            api.settled(session, "failed")
            assert api("POST", session + "/cmd", {"command": "true"}).status == 410
    finally:
        server.shutdown()
        server.server_close()


def test_without_boxes(connected: Any) -> None:
    with RunningEmulator("vercel", "--delay", "0", "--unboxed") as emulator:
        api = connected(emulator)
        name, session = api.create(env={"A": "b"})
        assert api.run(session, "echo $A > file; cat file; basename $PWD") == "b\nsandbox\n"
        api("POST", session + "/stop", {})
        api.settled(session)
        resumed = api("GET", f"/v2/sandboxes/{name}", resume="true").json["session"]["id"]
        assert api.run(f"/v2/sandboxes/sessions/{resumed}", "cat file") == "b\n"
