"""Processes of this host, as the contract describes them: rows, numbered chunks, input by offsets."""

import base64
import codecs
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading
import time

NOW = "2026-01-02T03:04:05.678901Z"
TAIL = 256 << 10
SIGNALS = {name.name.removeprefix("SIG"): name for name in signal.Signals}
REQUEST_FIELDS = {
    "command", "args", "cwd", "env", "stdin", "stdinBase64", "timeoutMs", "kind", "metadata", "outputLimitBytes",
    "onOutputLimit", "webhook", "operationId",
}
START_FIELDS = REQUEST_FIELDS | {"mode", "stdinOpen", "pty"}


class Problem(Exception):
    def __init__(self, status, code, detail, hint=None, **members):
        self.status, self.code, self.detail, self.hint, self.members = status, code, detail, hint, members


class Record:
    """A row and its chunks; what runs, or is observed, appends to them."""

    def __init__(self, name, sandbox, body, mode="background"):
        self.changed = threading.Condition()
        self.chunks = []
        self.offsets = {"stdout": 0, "stderr": 0}
        self.body = body
        self.oddity = None
        self.expired = False
        self.row = {
            "id": name, "sandboxId": sandbox, "kind": body.get("kind", "command"), "mode": body.get("mode", mode),
            "status": "running", "exitCode": None, "signal": None, "reason": None, "message": None,
            "command": body["command"], "args": body.get("args"), "cwd": body.get("cwd"), "pty": "pty" in body,
            "timeoutMs": body.get("timeoutMs"), "externalProcessId": body.get("externalProcessId"), "observed": False,
            "outputState": "ok", "outputOpen": False, "startedAt": body.get("startedAt", NOW), "exitedAt": None,
            "metadata": body.get("metadata", {}), "fromTheFuture": [1],
        }

    @property
    def ended(self):
        return self.row["status"] != "running"

    def view(self):
        with self.changed:
            return self.row | {"stdoutBytes": self.offsets["stdout"], "stderrBytes": self.offsets["stderr"],
                               "chunkCount": len(self.chunks)}

    def append(self, kind, data, at=NOW):
        with self.changed:
            self.chunks.append({"version": 1, "at": at, "seq": len(self.chunks) + 1, "type": kind,
                                "sandboxId": self.row["sandboxId"], "processId": self.row["id"], "data": data})
            self.changed.notify_all()

    def print(self, name, data, at=NOW):
        """Appends bytes of one stream, as text where they are text."""
        if not data:
            return
        with self.changed:
            self.append(name, self.payload(data) | {"offset": self.offsets[name]}, at)
            self.offsets[name] += len(data)

    @staticmethod
    def payload(data):
        try:
            return {"text": data.decode()}
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(data).decode()}

    def end(self, status, **facts):
        """The last chunk, then the row: nobody may find an ended row whose chunks go on."""
        with self.changed:
            if self.ended:
                return
            self.row |= facts
            if status in ("exited", "killed"):
                self.append("exit", {
                    "status": status, "exitCode": self.row["exitCode"], "signal": self.row["signal"],
                    "reason": self.row["reason"], "stdoutBytes": self.offsets["stdout"],
                    "stderrBytes": self.offsets["stderr"], "outputOpen": self.row["outputOpen"],
                })
            else:
                self.append("error", {
                    "code": "process_start_failed" if status == "failed" else "process_lost",
                    "message": self.row["message"], "status": status, "reason": self.row["reason"],
                })
            self.row |= {"status": status, "exitedAt": NOW}
            self.changed.notify_all()

    def wait(self, seconds):
        with self.changed:
            self.changed.wait_for(lambda: self.ended, seconds)

    def tail(self, name):
        data = b"".join(base64.b64decode(chunk["data"]["base64"]) if "base64" in chunk["data"]
                        else chunk["data"]["text"].encode() for chunk in self.chunks if chunk["type"] == name)
        return data[-TAIL:], len(data) > TAIL


class Process(Record):
    """A program that runs."""

    def __init__(self, name, sandbox, body, folder, mode):
        super().__init__(name, sandbox, body, mode)
        self.input = threading.Lock()
        self.taken, self.input_ended, self.master, self.process, self.why = 0, False, None, None, None
        program = [body["command"], *body["args"]] if "args" in body else ["/bin/sh", "-c", body["command"]]
        given = body.get("stdin", "").encode() or base64.b64decode(body.get("stdinBase64", ""))
        self.keeps_input = body.get("stdinOpen", False) or "pty" in body
        self.fed = threading.Event()
        self.limit = body.get("outputLimitBytes")
        options = {"cwd": body.get("cwd", folder), "env": os.environ | body.get("env", {}), "start_new_session": True}
        try:
            if "pty" in body:
                self.start_in_terminal(program, body["pty"], options)
            else:
                wants_input = given or self.keeps_input
                self.process = subprocess.Popen(
                    program, stdin=subprocess.PIPE if wants_input else subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, **options,
                )
        except OSError as error:
            missing = isinstance(error, FileNotFoundError) and error.filename == program[0]
            self.row["message"] = f"{error.filename}: {error.strerror}"
            return self.end("failed", reason="command_not_found" if missing else "start_failed")
        self.row["externalProcessId"] = str(self.process.pid)
        self.append("status", {"status": "running", "epoch": 1})
        if "timeoutMs" in body:
            self.timer = threading.Timer(body["timeoutMs"] / 1000, self.kill, ("timeout", 0.5))
            self.timer.daemon = True
            self.timer.start()
        threading.Thread(target=self.watch, daemon=True).start()
        if not given:
            self.fed.set()
        else:
            self.taken = len(given)
            threading.Thread(target=self.feed, args=(given,), daemon=True).start()

    def start_in_terminal(self, program, size, options):
        self.master, slave = pty.openpty()
        self.resize(size)
        take = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        try:
            self.process = subprocess.Popen(program, stdin=slave, stdout=slave, stderr=slave, preexec_fn=take, **options)
        finally:
            os.close(slave)

    def resize(self, size):
        if self.master is None:
            raise Problem(409, "operation_conflict", "The process has no terminal.")
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", size["rows"], size["columns"], 0, 0))

    # Output

    def watch(self):
        pipes = [(self.master, "stdout")] if self.master is not None else [
            (self.process.stdout.fileno(), "stdout"), (self.process.stderr.fileno(), "stderr")]
        readers = [threading.Thread(target=self.read, args=pipe, daemon=True) for pipe in pipes]
        for reader in readers:
            reader.start()
        code = self.process.wait()
        quiet = time.monotonic() + 1
        for reader in readers:
            reader.join(max(0, quiet - time.monotonic()))
        self.row["outputOpen"] = any(reader.is_alive() for reader in readers)
        if code >= 0 and self.why is None:
            return self.end("exited", exitCode=code)
        name = signal.Signals(-code).name.removeprefix("SIG") if code < 0 else None
        self.end("killed", signal=name, reason=self.why or "signal")

    def read(self, pipe, name):
        decoder = codecs.getincrementaldecoder("utf-8")()
        while True:
            select.select([pipe], [], [])
            try:
                data = os.read(pipe, 65536)
            except BlockingIOError:
                continue
            except OSError:
                # The end of a terminal whose last program has left.
                data = b""
            if self.ended:
                return
            rest = decoder.getstate()[0]
            try:
                decoder.decode(data)
                held = decoder.getstate()[0] if data else b""
                self.keep(name, (rest + data)[:len(rest + data) - len(held)])
            except UnicodeDecodeError:
                decoder.reset()
                self.keep(name, rest + data)
            if not data:
                return

    def keep(self, name, data):
        with self.changed:
            if self.limit is not None and sum(self.offsets.values()) + len(data) > self.limit:
                room = max(0, self.limit - sum(self.offsets.values()))
                self.print(name, data[:room])
                if self.limit >= 0:
                    self.append("status", {"status": "output_limit", "limitBytes": self.limit})
                    self.limit = -1
                    if self.body.get("onOutputLimit") == "kill":
                        threading.Thread(target=self.kill, args=("output_limit", 0), daemon=True).start()
                return
            self.print(name, data)

    # Input

    def feed(self, data):
        while data:
            taken = self.offer(data, 0.2)
            data = data[taken:]
        self.fed.set()
        if not self.keeps_input:
            self.close_input()

    def write(self, offset, data, end, most=None):
        """- Returns: how many bytes have been taken in all; fewer than were offered when the process does not read."""
        if self.ended:
            raise Problem(409, "process_ended", "The process has ended.", details={"status": self.row["status"]})
        if not self.keeps_input:
            raise Problem(409, "operation_conflict", "The process's input is not open.")
        with self.input:
            skip = 0 if offset is None else self.taken - offset
            if skip < 0:
                raise Problem(409, "stdin_offset", "Bytes before these are missing.", offset=str(self.taken))
            data = data[skip:]
            offered = data if most is None else data[:most]
            if offered and self.input_ended:
                raise Problem(409, "operation_conflict", "The process's input was ended.")
            # What was given at the start comes first.
            taken = self.offer(offered, 0.1) if self.fed.wait(0.1) else 0
            self.taken += taken
            if end and taken == len(data):
                self.close_input()
            return {"offset": self.taken, "ended": self.input_ended}

    def offer(self, data, seconds):
        pipe = self.master if self.master is not None else self.process.stdin.fileno()
        os.set_blocking(pipe, False)
        taken = 0
        while taken < len(data):
            if not select.select([], [pipe], [], seconds)[1]:
                break
            try:
                taken += os.write(pipe, data[taken:taken + 65536])
            except BlockingIOError:
                continue
            except OSError:
                # Nobody reads any more, and nobody will.
                return len(data)
        return taken

    def close_input(self):
        if self.input_ended:
            return
        self.input_ended = True
        if self.master is not None:
            os.write(self.master, b"\x04")
        else:
            self.process.stdin.close()

    # Ends

    def signal(self, name):
        if self.ended:
            raise Problem(409, "process_ended", "The process has ended.", details={"status": self.row["status"]})
        number = SIGNALS.get(name.upper().removeprefix("SIG"))
        if number is None:
            raise Problem(400, "invalid_request", "There is no such signal: use " + ", ".join(SIGNALS) + ".")
        self.send(number)

    def send(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def kill(self, why, grace):
        if self.process.poll() is None:
            self.why = self.why or why
            self.send(signal.SIGTERM)
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                self.send(signal.SIGKILL)
        self.wait(10)


class Observed(Record):
    """A process that its caller runs and reports."""

    def __init__(self, name, sandbox, body):
        super().__init__(name, sandbox, body)
        self.row["observed"] = True

    def take(self, chunks, number):
        with self.changed:
            next_number = len(self.chunks) + 1
            if number is not None and number < next_number:
                return {"firstSeq": number, "lastSeq": number + len(chunks) - 1}
            if self.ended:
                raise Problem(409, "process_ended", "The process has ended.", details={"status": self.row["status"]})
            if number is not None and number > next_number:
                raise Problem(409, "operation_conflict", f"The next chunk is {next_number}.")
            for chunk in chunks:
                kind, at = chunk["type"], chunk.get("at", NOW)
                if kind in self.offsets:
                    data = chunk["text"].encode() if "text" in chunk else base64.b64decode(chunk["base64"])
                    self.print(kind, data, at)
                elif kind in ("exit", "error"):
                    data = dict(chunk.get("data", {}))
                    self.end(data.pop("status", "exited" if kind == "exit" else "lost"), **data)
                else:
                    self.append(kind, chunk.get("data", {}), at)
            return {"firstSeq": next_number, "lastSeq": len(self.chunks)}
