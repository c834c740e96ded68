"""Machines really run programs, keep them apart, and leave nothing behind."""

import asyncio
import contextlib
import errno
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from cloud.machine import ROOT, Containment, Machine, Machines, Process, Refusal, TerminalSize, User

USER = User("dweller", 1001, 1001, "/home/dweller")
BOXED = Containment.best().boxed


@pytest.fixture(params=["box", "directory"])
def containment(request: pytest.FixtureRequest) -> Containment:
    if request.param == "box" and not BOXED:
        pytest.skip("bubblewrap does not work here")
    return Containment(request.param == "box")


def with_machine(containment: Containment, body: Callable[[Machine], Awaitable[None]]) -> None:
    async def run() -> None:
        machines = Machines(containment)
        try:
            await asyncio.wait_for(body(machines.make("one", USER)), 30)
        finally:
            await machines.close()
            assert not machines.directory.exists()

    asyncio.run(run())


async def output(process: Process) -> bytes:
    content = b""
    while data := await process.stdout.read():
        content += data
    return content


def test_streams_status_and_environment(containment: Containment) -> None:
    async def body(machine: Machine) -> None:
        script = "cat; echo $WORD; echo wrong >&2; exit 7"
        process = await machine.start(["sh", "-c", script], env={"WORD": "given"})
        assert process.stdin and process.stderr
        await process.stdin.write(b"typed\n")
        process.stdin.close()
        assert await output(process) == b"typed\ngiven\n"
        assert await process.stderr.read() == b"wrong\n"
        assert (await process.wait()).code == 7
        process.close()

    with_machine(containment, body)


def test_what_cannot_be_started_says_why(containment: Containment) -> None:
    async def body(machine: Machine) -> None:
        with pytest.raises(Refusal) as missing:
            await machine.start(["no-such-program"])
        assert (missing.value.errno, missing.value.stage) == (errno.ENOENT, "program")
        with pytest.raises(Refusal) as nowhere:
            await machine.start(["true"], cwd="/no/such/place")
        assert (nowhere.value.errno, nowhere.value.stage) == (errno.ENOENT, "directory")

    with_machine(containment, body)


def test_signal_reaches_the_whole_tree(containment: Containment) -> None:
    async def body(machine: Machine) -> None:
        process = await machine.start(["sh", "-c", "sleep 100 & echo $!; exec sleep 100"])
        assert await process.stdout.read()
        assert await process.signal(signal.SIGTERM) == 2
        status = await process.wait()
        assert (status.code, status.signal, status.shell_code) == (None, signal.SIGTERM, 143)
        # The background one held the pipe as well: its end shows that it is gone.
        assert await process.stdout.read() == b""
        process.close()

    with_machine(containment, body)


def test_terminal(containment: Containment) -> None:
    async def body(machine: Machine) -> None:
        script = "stty size; read line; echo got $line; stty size; exit 3"
        process = await machine.start(["sh", "-c", script], terminal=TerminalSize(30, 100))
        seen = b""
        while b"30 100" not in seen:
            seen += await process.stdout.read()
        process.resize(TerminalSize(40, 120))
        assert process.stdin
        await process.stdin.write(b"word\n")
        seen += await output(process)
        assert b"got word" in seen and b"40 120" in seen
        assert (await process.wait()).code == 3
        process.close()

    with_machine(containment, body)


def test_freeze_and_thaw(containment: Containment) -> None:
    async def body(machine: Machine) -> None:
        process = await machine.start(["sh", "-c", "while read line; do echo $line; done"])
        assert process.stdin
        await machine.freeze()
        await process.stdin.write(b"late\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(process.stdout.read(), 0.2)
        await machine.thaw()
        assert await process.stdout.read() == b"late\n"
        await machine.kill()
        assert (await process.wait()).signal == signal.SIGKILL
        process.close()

    with_machine(containment, body)


def test_snapshot_and_restore(containment: Containment, tmp_path: Path) -> None:
    async def body(machine: Machine) -> None:
        kept = machine.files.locate("kept")
        machine.files.write(kept, b"before")
        await machine.snapshot(tmp_path / "copy")
        machine.files.write(kept, b"after")
        machine.files.write(machine.files.locate("new"), b"")
        process = await machine.start(["sleep", "100"])
        await machine.restore(tmp_path / "copy")
        assert (await process.wait()).signal == signal.SIGKILL
        assert machine.files.read(machine.files.locate("kept")) == b"before"
        assert not machine.files.locate("new").place.exists()
        process.close()

    with_machine(containment, body)


def test_no_process_stays_when_nothing_runs(containment: Containment) -> None:
    async def body(machine: Machine) -> None:
        process = await machine.start(["true"])
        await process.wait()
        process.close()
        assert machine.active
        async with asyncio.timeout(60):
            while machine.active:
                await asyncio.sleep(0.05)
        assert (await (await machine.start(["true"])).wait()).code == 0

    with_machine(containment, body)


def test_what_was_left_running_stays(containment: Containment) -> None:
    async def body(machine: Machine) -> None:
        process = await machine.start(["sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo started"])
        assert await output(process) == b"started\n"
        await process.wait()
        process.close()
        await asyncio.sleep(2.5)
        assert machine.active
        look = await machine.start(["pgrep", "-f", "sleep 1000"])
        assert await output(look) != b""
        look.close()
        await machine.kill()

    with_machine(containment, body)


def test_nothing_survives_the_kill(containment: Containment) -> None:
    def alive(mark: str) -> list[str]:
        found = []
        for place in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark.encode() in place.read_bytes():
                    found.append(place.parts[2])
        return found

    async def body(machine: Machine) -> None:
        mark = f"MARK=survivor-{os.getpid()}-{containment.boxed}"
        stubborn = "trap '' TERM HUP INT; echo up; while :; do sleep 1; done"
        script = f"for i in 1 2 3; do (setsid sleep 1000 &) ; done; {stubborn}"
        process = await machine.start(["sh", "-c", script], env=dict([mark.split("=")]))
        assert await process.stdout.read() == b"up\n"
        assert len(alive(mark)) >= 4
        await machine.freeze()
        await machine.kill()
        # At once, not a moment later: the disk is taken away next.
        assert alive(mark) == []
        process.close()

    with_machine(containment, body)


def test_boxes_see_only_themselves() -> None:
    if not BOXED:
        pytest.skip("bubblewrap does not work here")

    async def body(machine: Machine) -> None:
        script = "id -un; ls /home /; echo x >/usr/x; ls -d /proc/[0-9]* | wc -l; hostname; echo $$ >/tmp/mine"
        process = await machine.start(["sh", "-c", script])
        text = (await output(process)).decode()
        process.close()
        assert text.splitlines()[0] == ("dweller" if os.geteuid() == 0 else text.splitlines()[0])
        assert "dweller" in text and "tmp" in text
        assert not Path("/usr/x").exists()
        assert int(text.splitlines()[-2]) < 10 and text.splitlines()[-1] == "one"
        assert machine.files.locate("/tmp/mine").place.exists()
        who = await machine.start(["id", "-u"], user=ROOT)
        assert await output(who) == (b"0\n" if os.geteuid() == 0 else b"1001\n")
        who.close()

    with_machine(Containment(True), body)


def test_ports_are_reached_from_outside(containment: Containment) -> None:
    port = 8099

    async def body(machine: Machine) -> None:
        with pytest.raises(ConnectionRefusedError):
            await machine.connect(port)
        script = (
            f"import socket; s = socket.create_server(('127.0.0.1', {port})); print('up', flush=True);"
            "c, _ = s.accept(); c.sendall(b'hello')"
        )
        process = await machine.start(["python3", "-c", script])
        assert await process.stdout.read() == b"up\n"
        connection = await machine.connect(port)
        assert await asyncio.get_running_loop().sock_recv(connection, 100) == b"hello"
        connection.close()
        await process.wait()
        process.close()

    with_machine(containment, body)


def test_links_stay_inside(containment: Containment) -> None:
    async def body(machine: Machine) -> None:
        home = machine.files.locate(".").place
        (home / "out").symlink_to("/etc/passwd")
        (home / "up").symlink_to("../../../../../../etc")
        assert machine.files.read(machine.files.locate("out")).startswith(b"root:x:0:0::/root")
        assert machine.files.locate("up/passwd").path == "/etc/passwd"
        assert machine.files.locate("../../../..").path == "/"
        (home / "loop").symlink_to("loop")
        with pytest.raises(OSError) as circle:
            machine.files.locate("loop")
        assert circle.value.errno == errno.ELOOP
        with pytest.raises(PermissionError):
            machine.files.write(machine.files.locate("/bin/evil"), b"")

    with_machine(containment, body)


def test_many_at_once(containment: Containment) -> None:
    async def body(machine: Machine) -> None:
        async def one(number: int) -> None:
            process = await machine.start(["echo", str(number)])
            assert await output(process) == f"{number}\n".encode()
            assert (await process.wait()).code == 0
            process.close()

        await asyncio.gather(*(one(number) for number in range(100)))

    with_machine(containment, body)
