"""What can be seen of sandboxes while they change, and what is refused then."""

from collections.abc import Callable
from typing import Any

Run = Callable[[Any], None]
STEP = 1001


def test_every_transition_is_seen(slow: Run) -> None:
    async def body(api: Any) -> None:
        async def change(method: str, path: str, through: str, to: str, **options: Any) -> None:
            shown = await api.call(method, f"/api/sandbox/{known}{path}", **options)
            assert shown["state"] == through
            for busy in ("start", "stop", "archive"):
                refused = await api.call("POST", f"/api/sandbox/{known}/{busy}", 409)
                assert refused["code"] == "SANDBOX_STATE_CHANGE_IN_PROGRESS"
            await api.call("DELETE", f"/api/sandbox/{known}", 409)
            assert (await api.call("GET", f"/api/sandbox/{known}"))["state"] == through
            api.emulator.advance(STEP)
            await api.until(known, to)

        made = await api.call("POST", "/api/sandbox", json={"snapshot": "daytona-vm-small", "autoStopInterval": 0})
        known = made["id"]
        assert (made["state"], made["desiredState"]) == ("creating", "started")
        await api.execute(known, "true", 400)
        api.emulator.advance(STEP)
        await api.until(known, "started")
        await change("POST", "/pause", "pausing", "paused")
        await change("POST", "/start", "resuming", "started")
        await change("POST", "/resize", "resizing", "started", json={"cpu": 2})
        await change("POST", "/snapshot", "snapshotting", "started", json={"name": "taken"})
        await change("POST", "/stop", "stopping", "stopped")
        await change("POST", "/archive", "archiving", "archived")
        await change("POST", "/start", "restoring", "started")
        await change("POST", "/stop", "stopping", "stopped")
        await change("POST", "/start", "starting", "started")
        gone = await api.call("DELETE", f"/api/sandbox/{known}")
        assert (gone["state"], gone["desiredState"]) == ("destroying", "destroyed")
        assert (await api.call("GET", f"/api/sandbox/{known}"))["name"].startswith("DESTROYED_")
        api.emulator.advance(STEP)
        while api.emulator.state()["sandboxes"]:
            pass
        await api.call("GET", f"/api/sandbox/{known}", 404)
        assert api.emulator.state()["machines"] == 0

    slow(body)


def test_a_build_is_seen(slow: Run) -> None:
    async def body(api: Any) -> None:
        build = {"dockerfileContent": "FROM debian:12\nRUN echo built > /built\n"}
        made = await api.call("POST", "/api/sandbox", json={"buildInfo": build})
        assert made["state"] == "pending_build" and made["buildInfo"]["snapshotRef"]
        api.emulator.advance(STEP)
        await api.until(made["id"], "creating")
        api.emulator.advance(STEP)
        await api.until(made["id"], "started")
        assert (await api.execute(made["id"], "cat /built"))["result"] == "built\n"

    slow(body)


def test_use_keeps_awake_and_looking_does_not(run: Run) -> None:
    async def body(api: Any) -> None:
        known = await api.sandbox(autoStopInterval=2)
        path = f"/toolbox/{known}/process/pty/create-connect?id=tty"
        async with api.session.ws_connect(api.emulator.url + path):
            api.emulator.advance(600)
            assert (await api.call("GET", f"/api/sandbox/{known}"))["state"] == "started"
        api.emulator.advance(90)
        quiet = {"X-Daytona-Skip-Last-Activity-Update": "true"}
        await api.call("GET", f"/toolbox/{known}/version", headers=quiet)
        await api.call("GET", f"/api/sandbox/{known}")
        api.emulator.advance(31)
        await api.until(known, "stopped")

    run(body)


def test_linked_sandboxes_go_together(run: Run) -> None:
    async def body(api: Any) -> None:
        owner = await api.sandbox()
        follower = await api.sandbox(linkedSandbox=owner, autoDeleteInterval=0)
        await api.call("DELETE", f"/api/sandbox/{owner}")
        while follower in [each["id"] for each in (await api.call("GET", "/api/sandbox"))["items"]]:
            pass

    run(body)
