"""The first process of a machine: starts programs, reaps everything, opens connections, and ends with its socket.

It runs alone, from a file descriptor, with nothing but the standard library. Messages are packets of JSON on the
socket whose descriptor is the first argument; `boxed` or `open` is the second. What may be long comes as a file.
"""

import array
import errno
import fcntl
import json
import os
import pty
import signal
import socket
import struct
import sys
import termios

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LONGEST_MESSAGE = 4096
PR_SET_CHILD_SUBREAPER = 36


class Init:
    """Serves one control socket."""

    def __init__(self, control: socket.socket, boxed: bool) -> None:
        self.control = control
        self.boxed = boxed
        self.started: dict[int, int] = {}
        self.children = False
        self.wake, wakened = os.pipe()
        for end in (self.wake, wakened):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wakened, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> None:
        """Serves until the other end closes; the pid namespace, or what is found in /proc, ends with it."""
        import select

        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(self.wake, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == self.wake:
                    os.read(self.wake, 4096)
                elif not self.serve():
                    self.end()
                    return
            self.reap()

    def end(self) -> None:
        """Lets nothing survive. In a box the kernel does that, before the box is seen to have ended."""
        while not self.boxed:
            self.signal_all(signal.SIGKILL)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return

    def serve(self) -> bool:
        """Does one request; false when there will be none any more."""
        data, ancillary, _, _ = self.control.recvmsg(LONGEST_MESSAGE, socket.CMSG_SPACE(4 * 8), socket.MSG_CMSG_CLOEXEC)
        descriptors = array.array("i")
        for _, _, content in ancillary:
            descriptors.frombytes(content[: len(content) - len(content) % 4])
        if not data:
            return False
        request = json.loads(data)
        try:
            answer, handed = getattr(self, "do_" + request["op"])(request, list(descriptors))
        except OSError as error:
            answer, handed = {"errno": error.errno or errno.EIO, "stage": getattr(error, "stage", "")}, []
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self.send({"id": request["id"], **answer}, handed)
        for descriptor in handed:
            os.close(descriptor)
        return True

    def send(self, message: "dict[str, Any]", descriptors: list[int]) -> None:
        """Writes one packet; nobody is there to be told when that fails."""
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        try:
            self.control.sendmsg([json.dumps(message).encode()], ancillary)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def reap(self) -> None:
        """Takes the wait status of every child that ended, and tells of those that were asked for."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                if self.children:
                    self.children = False
                    self.send({"event": "empty"}, [])
                return
            if pid == 0:
                return
            if pid in self.started:
                self.send({"event": "exited", "process": self.started.pop(pid), "status": status}, [])

    # Requests

    def do_start(self, request: "dict[str, Any]", descriptors: list[int]) -> "tuple[dict[str, Any], list[int]]":
        with os.fdopen(os.dup(descriptors[0]), "rb") as file:
            file.seek(0)
            wanted = json.load(file)
        if wanted["terminal"]:
            master, slave = pty.openpty()
            rows, columns = wanted["terminal"]
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            if os.geteuid() == 0:
                os.fchown(slave, wanted["uid"], -1)
            own, handed = [slave, slave, slave], [master]
        else:
            slave, own, handed = None, descriptors[1:4], []
        try:
            pid = spawn(wanted, own, slave)
        except OSError:
            for descriptor in handed:
                os.close(descriptor)
            raise
        finally:
            if slave is not None:
                os.close(slave)
        self.started[pid] = request["id"]
        self.children = True
        return {"pid": pid}, handed

    def do_signal(self, request: "dict[str, Any]", _: list[int]) -> "tuple[dict[str, Any], list[int]]":
        members = [request["pid"]] if request["alone"] else [pid for pid, of in sessions() if of == request["pid"]]
        reached = 0
        for pid in members:
            try:
                os.kill(pid, request["signal"])
                reached += 1
            except ProcessLookupError:
                continue
        return {"reached": reached}, []

    def do_signal_all(self, request: "dict[str, Any]", _: list[int]) -> "tuple[dict[str, Any], list[int]]":
        self.signal_all(request["signal"])
        return {}, []

    def do_connect(self, request: "dict[str, Any]", _: list[int]) -> "tuple[dict[str, Any], list[int]]":
        failure: OSError | None = None
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            connection = socket.socket(family)
            connection.settimeout(1)
            try:
                connection.connect((host, request["port"]))
                return {}, [connection.detach()]
            except OSError as error:
                connection.close()
                failure = failure or error
        raise failure or OSError(errno.ECONNREFUSED, "")

    def signal_all(self, number: int) -> None:
        """Reaches every process but this one. Outside a box only descendants count, which may breed meanwhile."""
        if self.boxed:
            try:
                os.kill(-1, number)
            except ProcessLookupError:
                pass
            return
        seen: set[int] = set()
        while fresh := [pid for pid in descendants() if pid not in seen]:
            for pid in fresh:
                seen.add(pid)
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    continue


def spawn(wanted: "dict[str, Any]", own: list[int], slave: int | None) -> int:
    """Starts a program as the leader of a session of its own; raises what kept it from running."""
    told, telling = os.pipe()
    pid = os.fork()
    if pid == 0:
        stage = "start"
        try:
            os.setsid()
            if slave is not None:
                fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            # Above the three, so that none is overwritten before it was copied.
            copies = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10) for descriptor in own]
            for number, copy in enumerate(copies):
                os.dup2(copy, number)
                os.close(copy)
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
            if os.geteuid() == 0:
                os.setgroups([wanted["gid"]])
                os.setgid(wanted["gid"])
                os.setuid(wanted["uid"])
            os.umask(0o022)
            stage = "directory"
            os.chdir(wanted["cwd"])
            stage = "program"
            os.execvpe(wanted["program"], wanted["argv"], wanted["env"])
        except OSError as error:
            os.write(telling, f"{error.errno} {stage}".encode())
        finally:
            os._exit(127)
    os.close(telling)
    with os.fdopen(told, "rb") as file:
        trouble = file.read().decode()
    if not trouble:
        return pid
    os.waitpid(pid, 0)
    code, _, failed = trouble.partition(" ")
    refusal = OSError(int(code), "")
    refusal.stage = failed  # type: ignore[attr-defined]
    raise refusal


def stats() -> list[tuple[int, int, int]]:
    """Pid, parent and session of every process in sight."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            found.append((int(name), int(fields[1]), int(fields[3])))
    return found


def sessions() -> list[tuple[int, int]]:
    return [(pid, session) for pid, _, session in stats()]


def descendants() -> list[int]:
    """All below this process, which adopts those whose parents ended."""
    below = {os.getpid()}
    table = stats()
    while more := {pid for pid, parent, _ in table if parent in below and pid not in below}:
        below |= more
    return sorted(below - {os.getpid()})


def main() -> None:
    boxed = sys.argv[2] == "boxed"
    if not boxed:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    control = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(control.fileno(), False)
    Init(control, boxed).run()
    os._exit(0)


main()
