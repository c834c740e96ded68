"""Checkpoints and the way back."""

import threading

import pytest
from running import RunningEmulator, eventually
from sprites import Sprite
from sprites.exceptions import APIError, NetworkError, SpriteError


def test_create_list_restore(sprite: Sprite) -> None:
    home = sprite.filesystem("/home/sprite")
    (home / "kept").write_text("one")
    told = [(message.type, message.data) for message in sprite.create_checkpoint("first")]
    assert [kind for kind, _ in told] == ["info", "complete"] and "v1" in (told[-1][1] or "")
    (home / "kept").write_text("two")
    (home / "new").write_text("")
    list(sprite.create_checkpoint())
    second, first = sprite.list_checkpoints()
    assert (first.id, first.comment, second.id, second.comment) == ("v1", "first", "v2", None)
    assert second.create_time > first.create_time and second.history == ["v1"]
    assert sprite.get_checkpoint("v1").comment == "first"
    assert [message.type for message in sprite.restore_checkpoint("v1")] == ["info", "complete"]
    assert (home / "kept").read_text() == "one" and not (home / "new").exists()
    assert [message.type for message in sprite.restore_checkpoint("v2")] == ["info", "complete"]
    assert (home / "kept").read_text() == "two" and (home / "new").exists()
    assert sprite.command("stat", "-c", "%U %a", "kept").output() == b"sprite 644\n"
    assert [each.id for each in sprite.list_checkpoints("v1")] == ["v2"]


def test_programs_run_through_a_checkpoint_but_not_a_restore(sprite: Sprite) -> None:
    ends: list[object] = []

    def run() -> None:
        try:
            ends.append(sprite.run("sleep", "1000"))
        except NetworkError as error:
            ends.append(error)

    running = threading.Thread(target=run)
    running.start()
    eventually(sprite.list_sessions)
    list(sprite.create_checkpoint())
    assert len(sprite.list_sessions()) == 1
    list(sprite.restore_checkpoint("v1"))
    running.join(60)
    assert len(ends) == 1 and isinstance(ends[0], NetworkError) and sprite.list_sessions() == []
    assert sprite.run("true").returncode == 0


def test_unknown_ones(sprite: Sprite) -> None:
    with pytest.raises((APIError, SpriteError)):
        sprite.get_checkpoint("v9")
    with pytest.raises(APIError) as missing:
        sprite.restore_checkpoint("v9")
    assert missing.value.status_code == 404


def test_a_lost_answer_leaves_a_checkpoint(sprite: Sprite, emulator: RunningEmulator) -> None:
    emulator.fault("lost-answer", "POST", f"/v1/sprites/{sprite.name}/checkpoint")
    with pytest.raises(APIError):
        sprite.create_checkpoint("lost")
    assert [each.comment for each in sprite.list_checkpoints()] == ["lost"]
    emulator.fault("cut", "POST", f"/v1/sprites/{sprite.name}/checkpoint", bytes=20)
    with pytest.raises(APIError):
        sprite.create_checkpoint("cut")
    eventually(lambda: [each.comment for each in sprite.list_checkpoints()] == ["cut", "lost"])
