"""Processes: run, follow, write to, kill."""

import hashlib
import io
import random
import string
import subprocess
import threading
import time

import pytest
from conftest import connected
from running import RunningEmulator, eventually
from vercel.sandbox.sync import SandboxApiError, SandboxStdinError, SandboxStreamError, SyncSandbox

TWELVE_MEGABYTES = 12 << 20
LETTERS = string.ascii_letters + string.digits + "äß→𝄞\n"


def test_run(sandbox: SyncSandbox) -> None:
    done = sandbox.run_process("sh", ["-c", "pwd; whoami; echo err >&2; exit 3"], capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (3, "/vercel/sandbox\nvercel-sandbox\n", "err\n")
    script = "pwd; echo $GREETING"
    done = sandbox.run_process("sh", ["-c", script], cwd="/tmp", env={"GREETING": "hi"}, capture_output=True)
    assert done.stdout == "/tmp\nhi\n"
    sandbox.fs.mkdir("below")
    assert sandbox.run_process("pwd", cwd="below", capture_output=True).stdout == "/vercel/sandbox/below\n"


def test_sudo(sandbox: SyncSandbox) -> None:
    lines = sandbox.run_process("env", sudo=True, env={"FOO": "bar"}, capture_output=True).stdout or ""
    assert {"FOO=bar", "USER=root", "SUDO_USER=vercel-sandbox"} <= set(lines.splitlines())
    assert sandbox.run_process("id", ["-u"], sudo=True, capture_output=True).stdout == "0\n"


def test_what_is_not_there(sandbox: SyncSandbox) -> None:
    with pytest.raises(SandboxApiError) as missing:
        sandbox.create_process("no-such-program")
    assert missing.value.code == "executable_not_found"
    with pytest.raises(SandboxApiError) as nowhere:
        sandbox.create_process("true", cwd="/no/such/directory")
    assert nowhere.value.status_code == 400
    with pytest.raises(SandboxApiError) as unknown:
        sandbox.get_process("cmd_unknown")
    assert unknown.value.status_code == 404


def test_follow_a_background_process(sandbox: SyncSandbox) -> None:
    sandbox.run_process("mkfifo", ["fifo"], check=True)
    process = sandbox.create_process("sh", ["-c", "echo one; read x < fifo; echo two >&2; exit 4"])
    assert process.stdout is not None and process.stdout.readline() == "one\n"
    assert process.refresh().returncode is None
    sandbox.run_process("sh", ["-c", "echo go > fifo"])
    assert process.communicate() == ("", "two\n") and process.returncode == 4
    # Everything is there for those who come later.
    late = sandbox.get_process(process.id)
    assert late.communicate() == ("one\n", "two\n") and late.returncode == 4
    assert process.id in {each.id for each in sandbox.query_processes()}


def test_output_comes_while_it_runs(sandbox: SyncSandbox) -> None:
    sandbox.run_process("mkfifo", ["fifo"])
    out = io.StringIO()
    script = "echo one; read x < fifo; echo two"
    running = threading.Thread(target=lambda: sandbox.run_process("sh", ["-c", script], stdout=out))
    running.start()
    eventually(lambda: out.getvalue() == "one\n")
    sandbox.run_process("sh", ["-c", "echo go > fifo"])
    running.join(60)
    assert out.getvalue() == "one\ntwo\n"


@pytest.mark.parametrize("cut", [False, True])
def test_twelve_megabytes_character_for_character(sandbox: SyncSandbox, emulator: RunningEmulator, cut: bool) -> None:
    source = random.Random(7)
    text = "".join(source.choices(LETTERS, k=TWELVE_MEGABYTES // 4)) * 4
    sandbox.fs.write_text("big", text)
    if cut:
        emulator.fault("cut", "POST", "*/cmd", bytes=3_000_000)
        emulator.fault("cut", "GET", "*/logs", bytes=7_000_000)
    done = sandbox.run_process("cat", ["big"], capture_output=True)
    assert done.stdout is not None and len(done.stdout) == len(text)
    assert hashlib.sha256(done.stdout.encode()).digest() == hashlib.sha256(text.encode()).digest()
    if cut:
        assert sum(each["fault"] == "cut" for each in emulator.requests()) >= 2


def test_stdin(sandbox: SyncSandbox) -> None:
    assert sandbox.run_process("tr", ["a-z", "A-Z"], input="shout", capture_output=True).stdout == "SHOUT"
    process = sandbox.create_process("sh", ["-c", "read x; echo got $x; cat | wc -c"], stdin=subprocess.PIPE)
    assert process.stdin and process.stdout
    process.stdin.write(b"word\n")
    assert process.stdout.readline() == "got word\n"
    process.stdin.write(bytes(1_500_000))
    process.stdin.close()
    assert process.stdout.read().strip() == "1500000" and process.wait() == 0
    # Without one it reads the end.
    assert sandbox.run_process("cat", capture_output=True).stdout == ""


def test_stdin_written_twice_arrives_once(sandbox: SyncSandbox, emulator: RunningEmulator) -> None:
    process = sandbox.create_process("cat", stdin=subprocess.PIPE)
    assert process.stdin
    process.stdin.write(b"first ")
    emulator.fault("lost-answer", "POST", "*/stdin")
    process.stdin.write(b"second ")
    emulator.fault("rate-limited", "POST", "*/stdin", retry_after=0)
    emulator.fault("status", "POST", "*/stdin", status=503)
    process.stdin.write(b"third")
    emulator.fault("lost-answer", "POST", "*/stdin")
    process.stdin.close()
    assert process.communicate()[0] == "first second third"


def test_stdin_that_nobody_reads() -> None:
    # Impatient; the others wait for programs on busy machines.
    with RunningEmulator("vercel", "--delay", "0", "--stdin-patience", "0.3") as emulator:
        client = connected(emulator)
        sandbox = client.create_sandbox(name="mute")
        process = sandbox.create_process("sleep", ["1001"], stdin=subprocess.PIPE)
        assert process.stdin
        with pytest.raises(SandboxStdinError) as stalled:
            process.stdin.write(bytes(1_000_000))
        assert isinstance(stalled.value.cause, SandboxApiError) and stalled.value.cause.status_code == 504
        client.close()


def test_stdin_that_is_not_there(sandbox: SyncSandbox) -> None:
    closed = sandbox.create_process("sh", ["-c", "exec <&-; sleep 1001"], stdin=subprocess.PIPE)
    assert closed.stdin
    until = time.monotonic() + 60
    with pytest.raises(BrokenPipeError):
        while time.monotonic() < until:
            closed.stdin.write(b"x")
    ended = sandbox.create_process("true", stdin=subprocess.PIPE)
    ended.wait()
    assert ended.stdin
    with pytest.raises(BrokenPipeError):
        ended.stdin.write(b"x")
    without = sandbox.get_process(sandbox.create_process("sleep", ["1001"]).id)
    assert without.stdin
    with pytest.raises(SandboxStdinError):
        without.stdin.write(b"x")


def test_kill(sandbox: SyncSandbox) -> None:
    process = sandbox.create_process("sleep", ["1001"])
    process.terminate()
    # No trace of the signal.
    assert process.wait() == 255
    stubborn = sandbox.create_process("sh", ["-c", "trap 'echo no' TERM; echo up; while :; do sleep 0.05; done"])
    assert stubborn.stdout and stubborn.stdout.readline() == "up\n"
    stubborn.terminate()
    assert stubborn.stdout.readline() == "no\n"
    stubborn.kill()
    assert stubborn.wait() == 255
    with pytest.raises(SandboxApiError) as gone:
        stubborn.kill()
    assert gone.value.status_code == 404


def test_a_signal_reaches_the_process_alone(sandbox: SyncSandbox) -> None:
    parent = sandbox.create_process("sh", ["-c", "sleep 1002 >/dev/null 2>&1 & echo up; wait"])
    assert parent.stdout and parent.stdout.readline() == "up\n"
    parent.kill()
    assert parent.wait() == 255
    assert sandbox.run_process("pgrep", ["-f", "^sleep 1002"], capture_output=True).returncode == 0


def test_kill_after(sandbox: SyncSandbox) -> None:
    began = time.monotonic()
    assert sandbox.run_process("sleep", ["1001"], kill_after=0.3).returncode == 255
    assert time.monotonic() - began < 60


def test_a_stream_that_is_closed_in_band_is_opened_again(sandbox: SyncSandbox, emulator: RunningEmulator) -> None:
    sandbox.run_process("mkfifo", ["fifo"])
    outputs: list[str | None] = []
    script = "echo one; read x < fifo; echo two"
    running = threading.Thread(
        target=lambda: outputs.append(sandbox.run_process("sh", ["-c", script], capture_output=True).stdout)
    )
    running.start()
    while not emulator.control("POST", "streams/close")["closed"]:
        assert running.is_alive()
    sandbox.run_process("sh", ["-c", "echo go > fifo"])
    running.join(60)
    assert outputs == ["one\ntwo\n"]


def test_many_at_once(sandbox: SyncSandbox) -> None:
    outputs: dict[int, str | None] = {}

    def run(number: int) -> None:
        outputs[number] = sandbox.run_process("echo", [str(number)], capture_output=True).stdout

    threads = [threading.Thread(target=run, args=[number]) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outputs == {number: f"{number}\n" for number in range(30)}


def test_an_unknown_stream_error_is_told(sandbox: SyncSandbox, emulator: RunningEmulator) -> None:
    process = sandbox.create_process("sleep", ["1001"])
    closing = threading.Event()

    def close() -> None:
        while not closing.is_set():
            emulator.control("POST", "streams/close")

    closer = threading.Thread(target=close)
    closer.start()
    try:
        with pytest.raises(SandboxStreamError) as broken:
            process.communicate()
    finally:
        closing.set()
        closer.join()
    assert broken.value.code == "sandbox_stream_closed"
