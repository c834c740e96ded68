"""The emulator of sprites, asked directly."""

import urllib.parse

from ..raw import Missing
from .provider import TOKEN, Channel, Emulated, new_name
from .websocket import BINARY, WebSocket

DIRECTORY = "/var/tmp/sandfleet"
STDIN, STDOUT, EXIT = b"\0", 1, 3


class Sprites(Emulated):
    name = "sprites"
    own_exec = "a WebSocket of its own for each: it has no other"

    def __init__(self, daemon) -> None:
        super().__init__(daemon)
        self.environment = {"SPRITES_BASE_URL": self.url, "SPRITE_TOKEN": TOKEN, "SPRITES_ORGANIZATION": "emulated"}
        self.sessions: dict[str, "Session"] = {}

    def create(self) -> str:
        name = new_name()
        self.call("POST", "/v1/sprites", {"name": name, "labels": ["bench"]})
        rules = {"rules": [{"domain": "*", "action": "deny"}]}
        self.call("POST", f"/v1/sprites/{name}/policy/network", rules)
        path = f"{DIRECTORY}/{self.daemon.name}"
        self.write(name, f"{path}.new", self.daemon.bytes, "0755")
        # In the emulator, whose user may write to the root only so.
        self.write(name, "/workspace/.keep", b"", "0644")
        self.run(name, ["/bin/sh", "-c", f"mv {path}.new {path}; rm -f /workspace/.keep"])
        relay = [path, "relay", "--directory", f"{DIRECTORY}/{name}", "--workspace", "/workspace"]
        self.run(name, relay, max_run_after_disconnect=0)
        self.sessions[name] = Session(self, name, relay, stdin="true")
        self.sessions[name].next(STDOUT)
        return name

    def write(self, name: str, path: str, content: bytes, mode: str) -> None:
        query = urllib.parse.urlencode({"path": path, "mode": mode, "mkdirParents": "true"})
        self.call("PUT", f"/v1/sprites/{name}/fs/write?{query}", content, "application/octet-stream")

    def run(self, name: str, arguments: list[str], **options: object) -> None:
        session = Session(self, name, arguments, stdin="false", **options)
        code = session.next(EXIT)
        session.close()
        if code != b"\0":
            raise Missing(f"sprites: {arguments} ended with {code!r}")

    def execute(self, box: str) -> None:
        self.run(box, ["true"])

    def channel(self, box: str) -> "Session":
        return Session(self, box, ["cat"], stdin="true")

    def remove(self, box: str) -> None:
        self.sessions.pop(box).close()
        self.call("DELETE", f"/v1/sprites/{box}")


class Session(Channel):
    """A program and its connection."""

    def __init__(self, sprites: Sprites, name: str, arguments: list[str], **options: object) -> None:
        query = [("cmd", argument) for argument in arguments] + [("path", arguments[0]), *options.items()]
        path = f"/v1/sprites/{name}/exec?{urllib.parse.urlencode(query)}"
        self.socket = WebSocket(sprites.address, path, sprites.headers)

    def next(self, wanted: int) -> bytes:
        """What comes next of this kind."""
        while True:
            kind, content = self.socket.receive()
            if kind == BINARY and content[0] == wanted:
                return content[1:]

    def round_trip(self, line: bytes) -> None:
        self.socket.send(STDIN + line)
        length = 0
        while length < len(line):
            length += len(self.next(STDOUT))

    def close(self) -> None:
        self.socket.close()
