"""Sessions: list, attach with replay, kill."""

import asyncio
import io
import threading

import pytest
from running import TOKEN, eventually
from sprites import Sprite
from sprites.async_client import AsyncSpritesClient
from sprites.exceptions import APIError, SpriteError
from sprites.session import kill_session
from sprites.types import Session


def only(sprite: Sprite) -> Session:
    eventually(sprite.list_sessions)
    (found,) = sprite.list_sessions()
    return found


def leave(sprite: Sprite, script: str, *, tty: bool = False) -> Session:
    """Starts a program and leaves it once it runs."""

    async def run() -> None:
        async with AsyncSpritesClient(TOKEN, base_url=sprite.client.base_url) as client:
            running = asyncio.ensure_future(client.sprite(sprite.name).run("sh", "-c", script, tty=tty))
            while not sprite.list_sessions():
                await asyncio.sleep(0.01)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

    asyncio.run(asyncio.wait_for(run(), 120))
    return only(sprite)


def test_list(sprite: Sprite) -> None:
    session = leave(sprite, "sleep 1000", tty=True)
    assert session.tty and session.workdir == "/home/sprite" and session.id.isdecimal() and session.created
    assert list(kill_session(sprite, session.id)) and sprite.list_sessions() == []


@pytest.mark.parametrize("tty", [False, True])
def test_attach_replays_and_goes_on(sprite: Sprite, tty: bool) -> None:
    sprite.run("mkfifo", "fifo")
    session = leave(sprite, "echo first; read x < fifo; echo second; exit 9", tty=tty)
    attached = sprite.attach_session(session.id)
    out = io.BytesIO()
    attached.stdout = out
    codes: list[int] = []
    waiting = threading.Thread(target=lambda: codes.append(attached._run_sync()))
    waiting.start()
    eventually(lambda: b"first" in out.getvalue())
    assert b"second" not in out.getvalue()
    sprite.run("sh", "-c", "echo go > fifo")
    waiting.join(60)
    assert codes == [9] and out.getvalue().split() == [b"first", b"second"]
    # An ended session is gone at once, and with it its exit code.
    assert sprite.list_sessions() == []
    with pytest.raises(SpriteError) as gone:
        sprite.attach_session(session.id).run()
    assert getattr(gone.value, "status_code", None) == 404


def test_stdin_of_an_attached_terminal(sprite: Sprite) -> None:
    session = leave(sprite, "read x; echo got $x", tty=True)
    attached = sprite.attach_session(session.id)
    attached.tty = True
    attached.stdin = io.BytesIO(b"word\n")
    assert attached.output().endswith(b"got word\r\n")


def test_kill(sprite: Sprite) -> None:
    session = leave(sprite, "sleep 1000 & sleep 1000", tty=True)
    told = [message.type for message in kill_session(sprite, session.id, "SIGTERM")]
    assert told == ["signal", "exited", "complete"]
    assert sprite.run("pgrep", "-f", "^sleep 1000").returncode == 1
    session = leave(sprite, "trap '' TERM; while :; do sleep 0.1; done", tty=True)
    told = [message.type for message in kill_session(sprite, session.id, "SIGTERM", timeout=1)]
    assert told == ["signal", "timeout", "killed", "complete"]
    with pytest.raises(APIError) as gone:
        kill_session(sprite, session.id)
    assert gone.value.status_code == 404
    session = leave(sprite, "sleep 1000", tty=True)
    with pytest.raises(APIError) as wrong:
        kill_session(sprite, session.id, "SIGNONE")
    assert wrong.value.status_code == 400


def test_what_is_killed_is_told_to_those_attached(sprite: Sprite) -> None:
    codes: list[int] = []
    running = threading.Thread(target=lambda: codes.append(sprite.run("sleep", "1000").returncode))
    running.start()
    kill_session(sprite, only(sprite).id, "SIGKILL")
    running.join(60)
    assert codes == [137]
