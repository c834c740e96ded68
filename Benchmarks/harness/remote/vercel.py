"""Vercel's emulator, asked directly."""

import base64
import gzip
import http.client
import io
import json
import tarfile

from ..raw import Missing
from .provider import TOKEN, Channel, Emulated, new_name

TEAM, PROJECT = "team_emulated", "prj_emulated"
FOLDER = "/opt/sandfleet"


class Vercel(Emulated):
    name = "vercel"
    own_exec = "one POST that waits for the end"
    # A session runs when its create is answered: whoever asks directly and the fleet wait for the same.
    delays = ["0", "create=0.02"]

    def __init__(self, daemon) -> None:
        super().__init__(daemon)
        self.environment = {
            "SANDBOX_VERCEL_BASE_URL": self.url, "SANDBOX_VERCEL_TOKEN": TOKEN,
            "SANDBOX_VERCEL_TEAM_ID": TEAM, "SANDBOX_VERCEL_PROJECT_ID": PROJECT,
        }
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            entry = tarfile.TarInfo(f"tmp/{daemon.name}")
            entry.size, entry.mode = len(daemon.bytes), 0o755
            archive.addfile(entry, io.BytesIO(daemon.bytes))
        # As the driver has it: packed once, and not squeezed.
        self.archive = gzip.compress(packed.getvalue(), 0)
        # Of each box its session, and the relay's output.
        self.boxes: dict[str, tuple[str, "Log"]] = {}

    def create(self) -> str:
        name = new_name()
        body = {
            "projectId": PROJECT, "name": name, "ports": [], "timeout": 300_000, "resources": {"vcpus": 1},
            "persistent": False, "networkPolicy": {"mode": "deny-all"}, "tags": {"fleet": "bench"},
        }
        session = self.call("POST", f"/v3/sandboxes?teamId={TEAM}", body)["session"]["id"]
        place = f"/v2/sandboxes/sessions/{session}"
        self.call("POST", f"{place}/fs/write?teamId={TEAM}", self.archive, "application/gzip", x_cwd="/")
        script = f"mkdir -p {FOLDER}/state /workspace; chown $(stat -c %u:%g .) {FOLDER}/state /workspace; "
        script += f"chmod 755 /tmp/{self.daemon.name}; mv -f /tmp/{self.daemon.name} {FOLDER}/{self.daemon.name}"
        self.run(session, {"command": "sh", "args": ["-c", script], "sudo": True})
        program = f"{FOLDER}/{self.daemon.name}"
        relay = [program, "relay", "--directory", f"{FOLDER}/state/{name}", "--workspace", "/workspace", "--text"]
        log = self.started(session, relay)
        log.text(1)
        self.boxes[name] = (session, log)
        return name

    def run(self, session: str, body: dict) -> None:
        path = f"/v2/sandboxes/sessions/{session}/cmd?teamId={TEAM}&wait=true&logs=true"
        records = self.call("POST", path, body | {"wait": True, "logs": True}).splitlines()
        if json.loads(records[-1])["command"]["exitCode"] != 0:
            raise Missing(f"vercel: a command failed: {records[-1]!r}")

    def started(self, session: str, arguments: list[str]) -> "Log":
        place = f"/v2/sandboxes/sessions/{session}/cmd"
        body = {"command": arguments[0], "args": arguments[1:], "attachStdin": True}
        command = self.call("POST", f"{place}?teamId={TEAM}", body)["command"]["id"]
        return Log(self, f"{place}/{command}")

    def execute(self, box: str) -> None:
        self.run(self.boxes[box][0], {"command": "true", "args": []})

    def channel(self, box: str) -> "Input":
        return Input(self, self.started(self.boxes[box][0], ["cat"]))

    def remove(self, box: str) -> None:
        self.boxes.pop(box)[1].close()
        self.call("DELETE", f"/v2/sandboxes/{box}?projectId={PROJECT}&teamId={TEAM}")


class Log:
    """What a command writes, over a connection of its own."""

    def __init__(self, vercel: Vercel, place: str) -> None:
        self.place = place
        self.connection = http.client.HTTPConnection(*vercel.address, timeout=60)
        self.connection.request("GET", f"{place}/logs?teamId={TEAM}", headers=vercel.headers)
        self.answer = self.connection.getresponse()

    def text(self, length: int) -> str:
        """At least so much of its standard output."""
        text = ""
        while len(text) < length:
            record = json.loads(self.answer.readline())
            if record.get("stream") != "stdout":
                raise Missing(f"vercel: a log says {record}")
            text += record["data"]
        return text

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


class Input(Channel):
    """A POST for each line there; it comes back in the log."""

    def __init__(self, vercel: Vercel, log: Log) -> None:
        self.vercel = vercel
        self.log = log
        self.sent = 0

    def round_trip(self, line: bytes) -> None:
        body = {"data": base64.b64encode(line).decode(), "offset": self.sent, "close": False}
        self.sent += len(line)
        self.vercel.call("POST", f"{self.log.place}/stdin?teamId={TEAM}", body)
        self.log.text(len(line))

    def close(self) -> None:
        body = {"data": "", "offset": self.sent, "close": True}
        self.vercel.call("POST", f"{self.log.place}/stdin?teamId={TEAM}", body)
        self.log.close()
