"""Terminals over WebSockets."""

from vercel.sandbox.sync import SyncSandbox


def read(stream: object) -> bytes:
    data = bytearray()
    while piece := stream.read(1000):  # type: ignore[attr-defined]
        data += piece
    return bytes(data)


def test_a_terminal(sandbox: SyncSandbox) -> None:
    script = "tty; stty size; read x; echo got $x; stty size; exit 5"
    with sandbox.open_interactive("sh", ["-c", script], cols=99, rows=33) as session:
        seen = bytearray()
        while b"33 99" not in seen:
            seen += session.stream.read(1000) or b""
        session.resize(120, 40)
        session.stream.write(b"word\n")
        seen += read(session.stream)
        assert session.wait() == 5
    assert b"/dev/pts/" in seen and b"got word" in seen and b"40 120" in seen


def test_success_and_sudo(sandbox: SyncSandbox) -> None:
    with sandbox.open_interactive("id", ["-u"], sudo=True) as session:
        assert read(session.stream).strip() == b"0" and session.wait() == 0
