"""Files and folders, many at once and one at a time, and URLs that are signed for a single one."""

import hashlib
import os
from pathlib import Path

import httpx
import pytest
from daytona.common.errors import (
    DaytonaBadRequestError,
    DaytonaConflictError,
    DaytonaError,
    DaytonaFileAccessDeniedError,
    DaytonaFileNotFoundError,
)

from daytona import FileDownloadRequest, FileUpload, Sandbox

ALL_BYTES = bytes(range(256)) * 40


def test_contents_are_exact(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.fs.upload_file(ALL_BYTES, "deep/er/file.bin")
    assert sandbox.fs.download_file("deep/er/file.bin") == ALL_BYTES
    seen = sandbox.process.exec("sha256sum < deep/er/file.bin").result.split()[0]
    assert seen == hashlib.sha256(ALL_BYTES).hexdigest()
    sandbox.fs.download_file("deep/er/file.bin", str(tmp_path / "down"))
    assert (tmp_path / "down").read_bytes() == ALL_BYTES
    sandbox.fs.upload_file(b"", "empty")
    assert sandbox.fs.download_file("empty") == b""
    sandbox.fs.upload_file(b"replaced", "deep/er/file.bin")
    assert sandbox.fs.download_file(f"{sandbox.get_work_dir()}/deep/er/file.bin") == b"replaced"


def test_many_at_once(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "local").write_bytes(b"local")
    odd = "/tmp/tw\u00f6 \"2\""
    local = FileUpload(source=str(tmp_path / "local"), destination=odd)
    sandbox.fs.upload_files([FileUpload(source=b"first", destination="one"), local])
    found = sandbox.fs.download_files([FileDownloadRequest(source=each) for each in ("one", "missing", odd, "/tmp")])
    assert [each.result for each in found] == [b"first", None, b"local", None]
    assert found[1].error_details and found[1].error_details.code == "FILE_NOT_FOUND"
    with pytest.raises(DaytonaFileNotFoundError):
        sandbox.fs.download_file("missing")
    with pytest.raises(DaytonaError, match="permission denied|Permission denied"):
        sandbox.fs.upload_file(b"", "/usr/file")


def test_large_content(sandbox: Sandbox) -> None:
    content = os.urandom(12 << 20)
    sandbox.fs.upload_file(content, "large")
    assert sandbox.fs.download_file("large") == content
    assert b"".join(sandbox.fs.download_file_stream("large")) == content


def test_folders_lists_and_details(sandbox: Sandbox) -> None:
    sandbox.fs.create_folder("folder/sub", "700")
    sandbox.fs.upload_file(b"12345", "folder/file")
    assert {(each.name, each.is_dir, each.size) for each in sandbox.fs.list_files("folder") if not each.is_dir} == {
        ("file", False, 5)
    }
    assert [each.name for each in sandbox.fs.list_files("folder")] == ["file", "sub"]
    assert [each.path for each in sandbox.fs.list_files(".", depth=2) if each.path and "/" in each.path][-2:] == [
        "folder/file", "folder/sub",
    ]
    details = sandbox.fs.get_file_info("folder/sub")
    assert (details.is_dir, details.mode, details.permissions) == (True, "drwx------", "0700")
    with pytest.raises(DaytonaFileNotFoundError):
        sandbox.fs.list_files("missing")
    with pytest.raises(DaytonaFileNotFoundError):
        sandbox.fs.get_file_info("missing")


def test_delete_and_move(sandbox: Sandbox) -> None:
    sandbox.fs.upload_files([FileUpload(source=b"", destination=f"folder/{name}") for name in ("a", "b")])
    with pytest.raises(DaytonaBadRequestError, match="recursive"):
        sandbox.fs.delete_file("folder")
    with pytest.raises(DaytonaConflictError):
        sandbox.fs.move_files("folder/a", "folder/b")
    sandbox.fs.move_files("folder", "moved")
    sandbox.fs.delete_file("moved/a")
    assert [each.name for each in sandbox.fs.list_files("moved")] == ["b"]
    sandbox.fs.delete_file("moved", recursive=True)
    for missing in ("moved", "folder"):
        with pytest.raises(DaytonaFileNotFoundError):
            sandbox.fs.delete_file(missing)
    with pytest.raises(DaytonaFileNotFoundError):
        sandbox.fs.move_files("missing", "other")
    with pytest.raises(DaytonaFileAccessDeniedError):
        sandbox.fs.delete_file("/usr/bin/env")


def test_permissions(sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(b"#!/bin/sh\necho ran", "script")
    assert sandbox.process.exec("./script").exit_code == 126
    sandbox.fs.set_file_permissions("script", mode="755", owner="daytona", group="daytona")
    assert sandbox.process.exec("./script").result == "ran\n"
    with pytest.raises(DaytonaBadRequestError):
        sandbox.fs.set_file_permissions("script", mode="999")


def test_search_and_replace(sandbox: Sandbox) -> None:
    sandbox.fs.upload_files([
        FileUpload(source=b"one\ntwo\n", destination="tree/a.txt"),
        FileUpload(source=b"two\n", destination="tree/sub/b.py"),
    ])
    found = sandbox.fs.find_files("tree", "two")
    assert sorted((each.file, each.line, each.content) for each in found) == [
        ("tree/a.txt", 2, "two"), ("tree/sub/b.py", 1, "two"),
    ]
    assert sandbox.fs.search_files("tree", "**/*.py").files == ["tree/sub/b.py"]
    assert sandbox.fs.search_files("tree", "*.{txt,md}").files == ["tree/a.txt"]
    results = sandbox.fs.replace_in_files(["tree/a.txt", "missing"], "two", "2")
    assert [each.success for each in results] == [True, False]
    assert sandbox.fs.download_file("tree/a.txt") == b"one\n2\n"


def test_signed_urls(sandbox: Sandbox) -> None:
    up, down = sandbox.upload_url("signed"), sandbox.download_url("signed")
    assert httpx.post(up, files={"file": ("signed", b"content")}).status_code == 200
    assert httpx.get(down).content == b"content"
    assert httpx.get(down.replace("path=signed", "path=other")).status_code == 401
    assert httpx.get(sandbox.download_url("signed", -1).replace("/files/download", "/files")).status_code == 401
    sandbox.rotate_signing_key()
    assert httpx.get(down).status_code == 401
