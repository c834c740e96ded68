"""Commands, sessions with separate streams and input, terminals."""

import asyncio
import hashlib
import queue
import threading
import time
from collections.abc import Iterator

import pytest
from daytona.common.errors import (
    DaytonaConflictError,
    DaytonaError,
    DaytonaNotFoundError,
    DaytonaProcessExecutionTimeoutError,
)
from daytona.common.pty import PtySize
from daytona.handle.pty_handle import PtyHandle

from daytona import Sandbox, SessionExecuteRequest

# Lines of a hundred bytes that add up to more than ten megabytes.
LARGE = "import sys\nfor n in range(110000): sys.stdout.write('%099d\\n' % n)"


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[str]:
    sandbox.process.create_session("work")
    yield "work"


def run(sandbox: Sandbox, session: str, command: str, **options: bool) -> str:
    """Starts one in the background."""
    request = SessionExecuteRequest(command=command, run_async=True, **options)
    return str(sandbox.process.execute_session_command(session, request).cmd_id)


def connected(sandbox: Sandbox, known: str, **options: object) -> PtyHandle:
    """A new terminal. The SDK gives up when it hears nothing for a tenth of a second; the terminal is there then."""
    try:
        terminal = sandbox.process.create_pty_session(known, **options)
    except DaytonaError as error:
        if not isinstance(error.__cause__, queue.Empty):
            raise
        sandbox.process.kill_pty_session(known)
        while any(each.id == known for each in sandbox.process.list_pty_sessions()):
            pass
        return connected(sandbox, known, **options)
    terminal.wait_for_connection()
    return terminal


def follow(sandbox: Sandbox, session: str, command: str) -> tuple[str, str]:
    """Both streams to their end."""
    out: list[str] = []
    err: list[str] = []
    asyncio.run(sandbox.process.get_session_command_logs_async(session, command, out.append, err.append))
    return "".join(out), "".join(err)


def large() -> str:
    return "".join(f"{number:099d}\n" for number in range(110000))


# Single commands


def test_output_code_environment_and_directory(sandbox: Sandbox) -> None:
    done = sandbox.process.exec("echo out; echo err >&2; echo $WORD; pwd; exit 3", cwd="/tmp", env={"WORD": "given"})
    assert (done.exit_code, done.result) == (3, "out\nerr\ngiven\n/tmp\n")
    assert sandbox.process.exec("pwd; whoami").result == f"{sandbox.get_work_dir()}\ndaytona\n"
    assert sandbox.get_user_home_dir() == "/home/daytona"
    assert sandbox.process.exec("cat").result == ""


def test_what_a_signal_ended_has_no_code(sandbox: Sandbox) -> None:
    assert sandbox.process.exec("kill -9 $$").exit_code == -1
    assert sandbox.process.exec("sh -c 'kill -9 $$'; exit $?").exit_code == 137


def test_a_command_that_takes_too_long(sandbox: Sandbox) -> None:
    with pytest.raises(DaytonaProcessExecutionTimeoutError):
        sandbox.process.exec("sleep 1000 & echo $! > pid; wait", timeout=5)
    assert sandbox.process.exec("kill -0 $(cat pid)").exit_code == 1


def test_large_output(sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(LARGE.encode(), "large.py")
    done = sandbox.process.exec("python3 large.py")
    assert len(done.result) == 11_000_000 and done.result == large()


def test_code(sandbox: Sandbox) -> None:
    done = sandbox.process.code_run("import sys; print(sys.argv[1:]); sys.exit(4)")
    assert (done.exit_code, done.result) == (4, "[]\n")


# Sessions


def test_a_session_keeps_its_shell(sandbox: Sandbox, session: str) -> None:
    with pytest.raises(DaytonaConflictError):
        sandbox.process.create_session(session)
    first = sandbox.process.execute_session_command(session, SessionExecuteRequest(command="cd /tmp; export A=b"))
    assert (first.exit_code, first.output) == (0, "")
    second = sandbox.process.execute_session_command(
        session, SessionExecuteRequest(command="pwd; echo $A; echo wrong >&2; cat; (exit 5)")
    )
    assert (second.exit_code, second.stdout, second.stderr) == (5, "/tmp\nb\n", "wrong\n")
    assert sorted((second.output or "").splitlines()) == ["/tmp", "b", "wrong"]
    known = sandbox.process.get_session(session)
    assert [(each.command, each.exit_code) for each in known.commands] == [
        ("cd /tmp; export A=b", 0), ("pwd; echo $A; echo wrong >&2; cat; (exit 5)", 5),
    ]
    assert [each.session_id for each in sandbox.process.list_sessions()] == [session]
    sandbox.process.delete_session(session)
    for call in (sandbox.process.get_session, sandbox.process.delete_session):
        with pytest.raises(DaytonaNotFoundError):
            call(session)


def test_logs_are_followed(sandbox: Sandbox, session: str) -> None:
    command = run(sandbox, session, "for n in 1 2 3; do echo out $n; echo err $n >&2; sleep 0.05; done")
    assert follow(sandbox, session, command) == ("out 1\nout 2\nout 3\n", "err 1\nerr 2\nerr 3\n")


def test_logs_afterwards_and_the_missing_newline(sandbox: Sandbox, session: str) -> None:
    command = run(sandbox, session, "printf 'a\\nb'; printf c >&2")
    assert follow(sandbox, session, command) == ("a\nb\n", "c\n")
    logs = sandbox.process.get_session_command_logs(session, command)
    assert (logs.stdout, logs.stderr) == ("a\nb\n", "c\n")
    assert sandbox.process.get_session_command(session, command).exit_code == 0


def test_large_output_in_a_session(sandbox: Sandbox, session: str) -> None:
    sandbox.fs.upload_file(LARGE.encode(), "large.py")
    command = run(sandbox, session, "python3 large.py; echo end >&2")
    out, err = follow(sandbox, session, command)
    assert (len(out), err) == (11_000_000, "end\n") and out == large()
    logs = sandbox.process.get_session_command_logs(session, command)
    assert logs.stdout == large()


def test_input(sandbox: Sandbox, session: str) -> None:
    command = run(sandbox, session, "read a; read b; echo got $a and $b", suppress_input_echo=True)
    assert sandbox.process.get_session_command(session, command).exit_code is None
    sandbox.process.send_session_command_input(session, command, "one")
    sandbox.process.send_session_command_input(session, command, "two\n")
    assert follow(sandbox, session, command) == ("got one and two\n", "")
    with pytest.raises(DaytonaError) as late:
        sandbox.process.send_session_command_input(session, command, "three")
    assert (late.value.status_code, late.value.code) == (410, "COMMAND_ALREADY_COMPLETED")


def test_input_is_echoed_unless_that_is_suppressed(sandbox: Sandbox, session: str) -> None:
    command = run(sandbox, session, "read a; echo got $a")
    sandbox.process.send_session_command_input(session, command, "word")
    assert sorted(follow(sandbox, session, command)[0].splitlines()) == ["got word", "word"]


def test_commands_of_a_session_wait_for_each_other(sandbox: Sandbox, session: str) -> None:
    first = run(sandbox, session, "read a; echo first $a", suppress_input_echo=True)
    second = run(sandbox, session, "echo second")
    assert sandbox.process.get_session_command(session, second).exit_code is None
    sandbox.process.send_session_command_input(session, first, "done")
    assert follow(sandbox, session, first)[0] == "first done\n"
    assert follow(sandbox, session, second)[0] == "second\n"


def test_deleting_a_session_ends_what_it_runs(sandbox: Sandbox, session: str) -> None:
    command = run(sandbox, session, "echo $$ > pid; echo begun; sleep 1000")
    ended: list[tuple[str, str]] = []
    thread = threading.Thread(target=lambda: ended.append(follow(sandbox, session, command)))
    thread.start()
    while sandbox.process.get_session_command_logs(session, command).stdout != "begun\n":
        pass
    sandbox.process.delete_session(session)
    thread.join(60)
    assert ended == [("begun\n", "")]
    assert sandbox.process.exec("kill -0 $(cat pid)").exit_code == 1


def test_a_shell_that_is_left(sandbox: Sandbox, session: str) -> None:
    with pytest.raises(DaytonaError) as refused:
        sandbox.process.execute_session_command(session, SessionExecuteRequest(command="exit 3"))
    assert (refused.value.status_code, refused.value.code) == (410, "SESSION_ENDED")
    with pytest.raises(DaytonaError) as refused:
        sandbox.process.execute_session_command(session, SessionExecuteRequest(command="true"))
    assert refused.value.code == "SESSION_ENDED"
    sandbox.process.create_session("other")
    command = run(sandbox, "other", "echo last; exec sh -c 'echo words; exit 4'")
    assert follow(sandbox, "other", command) == ("last\nwords\n", "")
    assert sandbox.process.get_session_command("other", command).exit_code is None


def test_what_holds_the_output_holds_the_code(sandbox: Sandbox, session: str) -> None:
    command = run(sandbox, session, "(sleep 0.5; echo late) &")
    assert follow(sandbox, session, command)[0] == "late\n"
    assert sandbox.process.get_session_command(session, command).exit_code == 0


# Terminals


def test_terminal(sandbox: Sandbox) -> None:
    terminal = connected(sandbox, "tty", cwd="/tmp", envs={"WORD": "given"}, pty_size=PtySize(30, 100))
    terminal.send_input("stty size; echo $WORD $TERM; pwd\n")
    resized = terminal.resize(PtySize(rows=40, cols=120))
    assert (resized.rows, resized.cols, resized.active) == (40, 120, True)
    assert [each.id for each in sandbox.process.list_pty_sessions()] == ["tty"]
    terminal.send_input("stty size; exit 6\n")
    output = bytearray()
    done = terminal.wait(on_data=output.extend, timeout=60)
    assert done.exit_code == 6
    text = output.decode()
    assert "40 120" in text and "given xterm-256color" in text and "/tmp" in text
    assert sandbox.process.list_pty_sessions() == []


def test_a_terminal_outlives_its_connection_and_can_be_killed(sandbox: Sandbox) -> None:
    first = connected(sandbox, "tty")
    first.send_input("sleep 0.2; echo se''en > file\n")
    first.disconnect()
    deadline = time.monotonic() + 60
    while sandbox.process.exec("cat file").result != "seen\n":
        assert time.monotonic() < deadline
    second = sandbox.process.connect_pty_session("tty")
    second.wait_for_connection()
    with pytest.raises(DaytonaError):
        sandbox.process.create_pty_session("tty")
    second.kill()
    assert second.wait(timeout=60).exit_code == 137


def test_large_output_of_a_terminal(sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(LARGE.encode(), "large.py")
    terminal = connected(sandbox, "tty")
    terminal.send_input("stty -echo -onlcr; PS1=; echo '<''<'; python3 large.py; exit\n")
    output = bytearray()
    assert terminal.wait(on_data=output.extend, timeout=240).exit_code == 0
    content = bytes(output).partition(b"<<\n")[2]
    content = content[: 11_000_000]
    assert hashlib.sha256(content).hexdigest() == hashlib.sha256(large().encode()).hexdigest()
