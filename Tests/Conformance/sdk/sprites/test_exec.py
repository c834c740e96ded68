"""Programs: both kinds of streams, exit codes, environment, directory, terminals, control mode, faults."""

import asyncio
import hashlib
import io
import random
import threading
import time

import pytest
from running import TOKEN, RunningEmulator, eventually
from sprites import Sprite, SpritesClient
from sprites.async_client import AsyncSpritesClient
from sprites.exceptions import APIError, ExecError, NetworkError, TimeoutError

MEGABYTE = 1 << 20


def test_output_and_exit_codes(sprite: Sprite) -> None:
    done = sprite.run("sh", "-c", "echo out; echo err >&2; exit 7", capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (7, b"out\n", b"err\n")
    with pytest.raises(ExecError) as failed:
        sprite.run("sh", "-c", "exit 255", check=True)
    assert failed.value.exit_code() == 255
    assert sprite.run("sh", "-c", "kill -TERM $$").returncode == 143
    assert sprite.command("sh", "-c", "echo a; echo b >&2").combined_output() == b"a\nb\n"


def test_what_cannot_start(sprite: Sprite) -> None:
    missing = sprite.run("no-such-program", capture_output=True)
    assert missing.returncode == 127 and b"no-such-program" in (missing.stderr or b"")
    assert sprite.run("true", cwd="/no/such/place").returncode == 1


def test_environment_and_directory(sprite: Sprite) -> None:
    assert sprite.command("pwd").output() == b"/home/sprite\n"
    assert sprite.command("pwd", cwd="/tmp").output() == b"/tmp\n"
    assert sprite.command("id", "-un").output() == b"sprite\n"
    plain = sprite.command("env").output().decode().splitlines()
    assert "HOME=/home/sprite" in plain
    # Given variables take the place of all others.
    given = sprite.command("/usr/bin/env", env={"ONE": "1 = &?ü", "TWO": ""}).output().decode().splitlines()
    assert sorted(given) == ["ONE=1 = &?ü", "TWO="]


def test_arguments_arrive_as_they_are(sprite: Sprite) -> None:
    words = ["a b", "", "&x=1", "ü", "'\"", "%41", "+"]
    assert sprite.command("printf", "%s|", *words).output().decode() == "".join(f"{word}|" for word in words)


def test_long_arguments(sprite: Sprite) -> None:
    long = "x" * 100_000
    command = sprite.command("sh", "-c", "echo ${#1} ${#LONG}", "-", long, env={"LONG": long})
    assert command.output() == b"100000 100000\n"


def test_stdin_is_streamed(sprite: Sprite) -> None:
    content = random.Random(1).randbytes(5 * MEGABYTE)
    out = io.BytesIO()
    sprite.command("cat", stdin=io.BytesIO(content), stdout=out).run()
    assert out.getvalue() == content


def test_without_stdin_there_is_its_end(sprite: Sprite) -> None:
    assert sprite.run("cat", capture_output=True).stdout == b""


def test_fifty_megabytes_byte_for_byte(sprite: Sprite) -> None:
    script = "import random,sys; r=random.Random(7)\nfor _ in range(50): sys.stdout.buffer.write(r.randbytes(1<<20))"
    expected, source = hashlib.sha256(), random.Random(7)
    for _ in range(50):
        expected.update(source.randbytes(MEGABYTE))
    output = sprite.command("python3", "-c", script).output()
    assert len(output) == 50 * MEGABYTE and hashlib.sha256(output).digest() == expected.digest()


def test_output_comes_while_it_runs(sprite: Sprite) -> None:
    out = io.BytesIO()
    sprite.run("mkfifo", "fifo")
    command = sprite.command("sh", "-c", "echo one; read x < fifo; echo two", stdout=out)
    running = threading.Thread(target=command.run)
    running.start()
    eventually(lambda: out.getvalue() == b"one\n")
    sprite.run("sh", "-c", "echo go > fifo")
    running.join(60)
    assert out.getvalue() == b"one\ntwo\n"


def test_terminal(sprite: Sprite) -> None:
    done = sprite.run("sh", "-c", "tty; stty size; exit 5", capture_output=True, tty=True, tty_rows=33, tty_cols=99)
    assert done.returncode == 5
    assert (done.stdout or b"").split() == [b"/dev/pts/0", b"33", b"99"]
    assert sprite.command("sh", "-c", "read x; echo got $x", tty=True, stdin=io.BytesIO(b"word\n")).output().endswith(
        b"got word\r\n"
    )


def test_a_timeout_leaves_the_program_ten_seconds(sprite: Sprite, emulator: RunningEmulator) -> None:
    with pytest.raises(TimeoutError):
        sprite.run("sh", "-c", "sleep 1000; echo x", timeout=5)
    (left,) = sprite.list_sessions()
    # Lists show the file that runs.
    assert left.command == "/usr/bin/sh -c sleep 1000; echo x"
    emulator.advance(11)
    eventually(lambda: not sprite.list_sessions())


def test_many_at_once(emulator: RunningEmulator, sprite: Sprite) -> None:
    async def run() -> None:
        async with AsyncSpritesClient(TOKEN, base_url=emulator.url) as client:
            handle = client.sprite(sprite.name)
            done = await asyncio.gather(*(handle.run("echo", str(n), capture_output=True) for n in range(60)))
            assert [each.stdout for each in done] == [f"{n}\n".encode() for n in range(60)]

    asyncio.run(run())


def test_programs_see_each_other_but_not_those_of_others(client: SpritesClient, sprite: Sprite) -> None:
    other = client.create_sprite("neighbour")
    sprite.run("sh", "-c", "sleep 1001 >/dev/null 2>&1 &")
    assert sprite.run("pgrep", "-f", "^sleep 1001").returncode == 0
    assert other.run("pgrep", "-f", "^sleep 1001").returncode == 1
    other.delete()


def test_control_mode_falls_back(emulator: RunningEmulator, sprite: Sprite) -> None:
    with SpritesClient(TOKEN, base_url=emulator.url, control_mode=True) as client:
        assert client.sprite(sprite.name).run("echo", "direct", capture_output=True).stdout == b"direct\n"
    assert any(each["path"].endswith("/control") and each["status"] == 404 for each in emulator.requests())


def test_an_exit_is_not_waited_for_by_the_close(sprite: Sprite) -> None:
    sprite.run("true")
    began = time.monotonic()
    sprite.run("true")
    assert time.monotonic() - began < 60


def test_faults(sprite: Sprite, emulator: RunningEmulator) -> None:
    path = f"/v1/sprites/{sprite.name}/exec"
    emulator.fault("cut", "GET", path, bytes=1000)
    with pytest.raises(NetworkError):
        sprite.run("head", "-c", "100000", "/dev/zero")
    emulator.fault("status", "GET", path, status=503)
    with pytest.raises(APIError) as refused:
        sprite.run("true")
    assert refused.value.status_code == 503
    emulator.fault("lost-answer", "GET", path)
    with pytest.raises(NetworkError):
        sprite.run("sh", "-c", "sleep 0.5; touch done")
    eventually(lambda: sprite.run("ls", "done").returncode == 0)
    emulator.fault("refused", "GET", path)
    with pytest.raises(NetworkError):
        sprite.run("touch", "not-done")
    assert sprite.run("ls", "not-done").returncode == 2


def test_a_deleted_sprite_ends_its_programs_without_an_exit(client: SpritesClient, sprite: Sprite) -> None:
    ends: list[object] = []

    def run() -> None:
        try:
            ends.append(sprite.run("sleep", "1000"))
        except NetworkError as error:
            ends.append(error)

    running = threading.Thread(target=run)
    running.start()
    other = client.sprite(sprite.name)
    eventually(other.list_sessions)
    sprite.delete()
    running.join(60)
    assert len(ends) == 1 and isinstance(ends[0], NetworkError)
