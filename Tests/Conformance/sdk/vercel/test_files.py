"""Files: bytes, texts, batches, directories, and what the shell does for the rest."""

import os

import pytest
from vercel.sandbox.sync import SandboxApiError, SandboxFilesystemWriteError, SandboxPathNotFoundError, SyncSandbox

CONTENT = os.urandom(3 << 20)


def test_bytes_there_and_back(sandbox: SyncSandbox) -> None:
    sandbox.fs.write_bytes("deep/below/data.bin", CONTENT)
    assert sandbox.fs.read_bytes("deep/below/data.bin") == CONTENT
    assert sandbox.fs.read_bytes("/vercel/sandbox/deep/below/data.bin") == CONTENT
    sandbox.fs.write_bytes("empty", b"")
    assert sandbox.fs.read_bytes("empty") == b""
    assert sandbox.run_process("stat", ["-c", "%U", "deep", "deep/below/data.bin"], capture_output=True).stdout == (
        "vercel-sandbox\nvercel-sandbox\n"
    )


def test_streams_and_permissions(sandbox: SyncSandbox) -> None:
    with sandbox.fs.open("tool", "wb", permissions=0o750) as target:
        for start in range(0, len(CONTENT), 100_000):
            target.write(CONTENT[start : start + 100_000])
    read = bytearray()
    with sandbox.fs.open("tool", "rb") as source:
        while data := source.read(50_000):
            read += data
    assert read == CONTENT
    assert sandbox.run_process("stat", ["-c", "%a", "tool"], capture_output=True).stdout == "750\n"


def test_a_batch_and_the_shell(sandbox: SyncSandbox) -> None:
    sandbox.fs.mkdir("work")
    with sandbox.fs.batch(cwd="work") as batch:
        batch.write_text("a.txt", "a")
        batch.write_text("sub/b.txt", "b")
    assert {(each.path, each.kind) for each in sandbox.fs.listdir("work")} == {("a.txt", "file"), ("sub", "directory")}
    assert sandbox.fs.exists("work/a.txt") and sandbox.fs.is_file("work/a.txt") and sandbox.fs.is_dir("work/sub")
    sandbox.fs.rename("work/a.txt", "work/c.txt")
    assert not sandbox.fs.exists("work/a.txt") and sandbox.fs.read_text("work/c.txt") == "a"
    sandbox.fs.remove("work", recursive=True)
    assert not sandbox.fs.exists("work")


def test_what_cannot_be(sandbox: SyncSandbox) -> None:
    with pytest.raises(SandboxPathNotFoundError):
        sandbox.fs.read_bytes("missing")
    with pytest.raises(SandboxPathNotFoundError):
        sandbox.fs.mkdir("no/such/parent", recursive=False)
    with pytest.raises(SandboxFilesystemWriteError):
        sandbox.fs.write_text("/", "no")
    with pytest.raises(SandboxFilesystemWriteError):
        sandbox.fs.write_text("/usr/bin/no", "no")
    sandbox.fs.mkdir("there", recursive=False)
    for again in ("there", "/vercel"):
        with pytest.raises(SandboxApiError):
            sandbox.fs.mkdir(again, recursive=False)
    with pytest.raises(SandboxApiError) as directory:
        sandbox.fs.read_bytes("there")
    assert directory.value.status_code == 400


def test_links_lead_where_they_lead_inside(sandbox: SyncSandbox) -> None:
    sandbox.run_process("sh", ["-c", "ln -s /etc/hostname link; ln -s ../../../../etc up"], check=True)
    assert sandbox.fs.read_text("link") == sandbox.run_process("cat", ["/etc/hostname"], capture_output=True).stdout
    assert sandbox.fs.read_text("up/hostname") == sandbox.fs.read_text("link")
