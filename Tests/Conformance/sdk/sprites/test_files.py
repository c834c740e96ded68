"""Files over HTTP: contents, modes, lists, and each error by its code."""

import random

import pytest
from running import RunningEmulator
from sprites import Sprite
from sprites.exceptions import (
    DirectoryNotEmptyError,
    FileNotFoundError_,
    FilesystemError,
    IsADirectoryError_,
    NotADirectoryError_,
    PermissionError_,
)
from sprites.filesystem import SpriteFilesystem


@pytest.fixture
def home(sprite: Sprite) -> SpriteFilesystem:
    return sprite.filesystem("/home/sprite")


def test_write_and_read(sprite: Sprite, home: SpriteFilesystem) -> None:
    content = random.Random(3).randbytes(20_000_000)
    file = home / "deep/er/data.bin"
    file.write_bytes(content, mode=0o640)
    assert file.read_bytes() == content
    shown = sprite.command("stat", "-c", "%U %a %s", "deep/er/data.bin").output()
    assert shown == b"sprite 640 20000000\n"
    sprite.run("sh", "-c", "echo written inside > deep/er/data.bin")
    assert file.read_text() == "written inside\n"
    (home / "empty").write_bytes(b"")
    assert (home / "empty").read_bytes() == b""
    with pytest.raises(FileNotFoundError_):
        (home / "no/parents").write_bytes(b"", mkdir_parents=False)


def test_names_with_everything(home: SpriteFilesystem) -> None:
    name = "a b&c=d?e#f%20ü'\"\\"
    (home / name).write_text("odd")
    assert (home / name).read_text() == "odd"
    assert home.cwd.listdir() == [name]


def test_list_and_stat(sprite: Sprite, home: SpriteFilesystem) -> None:
    for name in ("b", "a", "dir/inner"):
        (home / name).write_text("12345")
    assert home.cwd.listdir() == ["a", "b", "dir"]
    found = (home / "a").stat()
    assert (found.name, found.path, found.size, found.mode) == ("a", str(home.cwd / "a"), 5, "0644")
    assert found.is_file and (home / "a").is_file() and not (home / "c").exists()
    assert found.mod_time.tzinfo is not None
    # The SDK takes the first entry of a list for the thing itself, so it knows a directory by its content alone.
    assert (home / "dir").stat().name == "inner"


def test_directories(sprite: Sprite, home: SpriteFilesystem) -> None:
    (home / "new").mkdir(parents=True)
    assert sprite.run("test", "-d", "new").returncode == 0
    assert (home / "new").listdir() == []
    (home / "new/file").write_text("")
    with pytest.raises(DirectoryNotEmptyError):
        (home / "new").rmdir()
    with pytest.raises(DirectoryNotEmptyError):
        (home / "new").unlink()
    (home / "new").rmtree()
    assert sprite.run("test", "-e", "new").returncode == 1


def test_rename_copy_chmod_delete(sprite: Sprite, home: SpriteFilesystem) -> None:
    (home / "one").write_text("content")
    (home / "one").rename("two")
    assert home.cwd.listdir() == ["two"]
    (home / "two").copy_to("three")
    (home / "three").chmod(0o755)
    assert (home / "three").stat().mode == "0755" and (home / "three").read_text() == "content"
    (home / "tree/inner/leaf").write_text("leaf")
    (home / "tree").copy_to("copied")
    assert (home / "copied/inner/leaf").read_text() == "leaf"
    assert sprite.command("stat", "-c", "%U", "copied/inner/leaf").output() == b"sprite\n"
    with pytest.raises(IsADirectoryError_):
        (home / "tree").copy_to("not-copied", recursive=False)
    (home / "tree").chmod(0o700, recursive=True)
    assert (home / "tree/inner/leaf").stat().mode == "0700"
    (home / "two").unlink()
    with pytest.raises(FileNotFoundError_):
        (home / "two").unlink()
    (home / "two").unlink(missing_ok=True)


def test_errors(sprite: Sprite, home: SpriteFilesystem) -> None:
    (home / "file").write_text("")
    (home / "dir/file").write_text("")
    with pytest.raises(FileNotFoundError_):
        (home / "missing").read_bytes()
    with pytest.raises(IsADirectoryError_):
        (home / "dir").read_bytes()
    with pytest.raises(IsADirectoryError_):
        (home / "dir").write_bytes(b"")
    with pytest.raises(NotADirectoryError_):
        (home / "file/below").read_bytes()
    with pytest.raises(PermissionError_):
        (sprite.filesystem() / "usr/bin/evil").write_bytes(b"")
    with pytest.raises(FileNotFoundError_):
        (home / "missing").rename("other")
    with pytest.raises(FilesystemError) as strange:
        (home / "file").chmod(0o77777)
    assert strange.value.code != "ENOENT"


def test_links_stay_inside(sprite: Sprite, home: SpriteFilesystem) -> None:
    sprite.run("ln", "-s", "/etc/passwd", "link")
    assert (home / "link").read_text().startswith("root:x:0:0::/root")
    (home / "link").unlink()
    assert (sprite.filesystem("/etc") / "passwd").exists()


def test_faults(sprite: Sprite, home: SpriteFilesystem, emulator: RunningEmulator) -> None:
    (home / "big").write_bytes(bytes(1_000_000))
    emulator.fault("cut", "GET", f"/v1/sprites/{sprite.name}/fs/read", bytes=1000)
    with pytest.raises(FilesystemError):
        (home / "big").read_bytes()
    emulator.fault("lost-answer", "PUT", f"/v1/sprites/{sprite.name}/fs/write")
    with pytest.raises(FilesystemError):
        (home / "lost").write_text("written all the same")
    assert (home / "lost").read_text() == "written all the same"
