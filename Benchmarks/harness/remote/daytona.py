"""Daytona's emulator, asked directly."""

import base64
import json

from ..raw import Missing
from .provider import TOKEN, Channel, Emulated, new_name
from .websocket import BINARY, WebSocket

DIRECTORY = "/var/tmp/sandfleet"
FORM = "form-of-the-benchmark"
GREETING = b"sandfleet-relay/1 "


class Daytona(Emulated):
    name = "daytona"
    own_exec = "one POST to the toolbox"

    def __init__(self, daemon) -> None:
        super().__init__(daemon)
        self.environment = {
            "DAYTONA_API_URL": self.url + "/api", "DAYTONA_API_KEY": TOKEN,
            "DAYTONA_ORGANIZATION_ID": "00000000-0000-4000-8000-00000000e111",
        }
        self.terminals: dict[str, "Terminal"] = {}

    def create(self) -> str:
        body = {"name": new_name(), "labels": {"fleet": "bench"}, "networkBlockAll": True}
        box = self.call("POST", "/api/sandbox", body)["id"]
        while self.call("GET", f"/api/sandbox/{box}")["state"] != "started":
            pass
        path = f"{DIRECTORY}/{self.daemon.name}"
        self.upload(box, f"{path}.new")
        # In the emulator, whose user may write to the root only so.
        self.call("POST", f"/toolbox/{box}/files/folder?path=/workspace&mode=0755")
        self.run(box, f"/bin/sh -c 'chmod 755 {path}.new && mv {path}.new {path}'")
        relay = f"{path} relay --directory {DIRECTORY}/{box} --workspace /workspace"
        self.run(box, f"{relay} </dev/null")
        self.terminals[box] = Terminal(self, box, relay, GREETING)
        return box

    def upload(self, box: str, path: str) -> None:
        head = f'--{FORM}\r\nContent-Disposition: form-data; name="files[0].path"\r\n\r\n{path}\r\n--{FORM}\r\n'
        head += 'Content-Disposition: form-data; name="files[0].file"; filename="file"\r\n'
        head += "Content-Type: application/octet-stream\r\n\r\n"
        form = head.encode() + self.daemon.bytes + f"\r\n--{FORM}--\r\n".encode()
        self.call("POST", f"/toolbox/{box}/files/bulk-upload", form, f"multipart/form-data; boundary={FORM}")

    def run(self, box: str, command: str) -> None:
        result = self.call("POST", f"/toolbox/{box}/process/execute", {"command": command, "timeout": 60})
        if result["exitCode"] != 0:
            raise Missing(f"daytona: a command failed: {result}")

    def execute(self, box: str) -> None:
        self.run(box, "true")

    def channel(self, box: str) -> "Terminal":
        terminal = Terminal(self, box, "sh -c 'echo sandfleet-relay\"/1 cat\"; exec cat'", GREETING)
        return terminal

    def remove(self, box: str) -> None:
        self.terminals.pop(box).close()
        self.call("DELETE", f"/api/sandbox/{box}")


class Terminal(Channel):
    """A terminal in raw mode, as the driver has one."""

    def __init__(self, daytona: Daytona, box: str, command: str, greeting: bytes) -> None:
        environment = json.dumps({"HOME": "/nonexistent", "HISTFILE": "/dev/null", "TERM": "dumb"}).encode()
        encoded = base64.urlsafe_b64encode(environment).decode().rstrip("=")
        path = f"/toolbox/{box}/process/pty/create-connect?id={new_name()}&cols=80&rows=24&cwd=/"
        protocols = f"X-Daytona-Pty-Exit-Control, X-Daytona-Pty-Envs~{encoded}"
        self.socket = WebSocket(daytona.address, path, daytona.headers, protocols)
        self.socket.send(f"stty raw -echo -iexten && exec {command}\n".encode())
        said = b""
        # A whole line: nothing of it may be left for the first round trip.
        while greeting not in said or not said.endswith(b"\n"):
            said += self.bytes()

    def bytes(self) -> bytes:
        while True:
            kind, content = self.socket.receive()
            if kind == BINARY:
                return content

    def round_trip(self, line: bytes) -> None:
        self.socket.send(line)
        length = 0
        while length < len(line):
            length += len(self.bytes())

    def close(self) -> None:
        self.socket.close()
