"""A real Docker engine, asked directly."""

import io
import json
import socket
import tarfile

from ..docker import Docker as Engine
from ..raw import Missing
from .provider import Channel, Provider, new_name

FOLDER = "/.sandfleet"
CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID"]


class Docker(Provider):
    name = "docker"
    own_exec = "three calls: make it, start it, ask for its exit code"

    def __init__(self, daemon, engine: Engine) -> None:
        self.engine = engine
        self.program = f"{FOLDER}/{daemon.name}"
        self.environment = {"DOCKER_HOST": f"unix://{engine.socket}", "SANDBOX_DOCKER_IMAGE": engine.IMAGE}
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name, content, mode in (
                (f"{FOLDER}/daemon", None, 0o700), ("/workspace", None, 0o755), (self.program, daemon.bytes, 0o755)
            ):
                entry = tarfile.TarInfo(name[1:])
                entry.mode, entry.type = mode, tarfile.DIRTYPE if content is None else tarfile.REGTYPE
                entry.size = len(content or b"")
                archive.addfile(entry, io.BytesIO(content or b""))
        self.archive = packed.getvalue()
        self.relays: dict[str, "Exec"] = {}

    def create(self) -> str:
        body = {
            "Image": self.engine.IMAGE, "Entrypoint": [self.program, "init"], "WorkingDir": "/workspace",
            "HostConfig": {
                "NetworkMode": "none", "Mounts": [{"Type": "volume", "Target": FOLDER}], "LogConfig": {"Type": "none"},
                "CapDrop": ["ALL"], "CapAdd": CAPABILITIES, "SecurityOpt": ["no-new-privileges"], "PidsLimit": 4096,
            },
        }
        box = self.engine.call("POST", f"/containers/create?name={new_name()}", body)["Id"]
        self.engine.call("PUT", f"/containers/{box}/archive?path=/", self.archive)
        self.engine.call("POST", f"/containers/{box}/start")
        relay = [self.program, "relay", "--directory", f"{FOLDER}/daemon/bench", "--workspace", "/workspace"]
        self.relays[box] = Exec(self.engine, box, relay)
        self.relays[box].receive()
        return box

    def execute(self, box: str) -> None:
        self.engine.execute(box, ["/bin/true"])

    def channel(self, box: str) -> "Exec":
        return Exec(self.engine, box, ["/bin/cat"])

    def remove(self, box: str) -> None:
        self.relays.pop(box).close()
        self.engine.call("DELETE", f"/containers/{box}?force=true&v=true")


class Exec(Channel):
    """An exec whose connection has become its three streams."""

    def __init__(self, engine: Engine, container: str, command: list[str]) -> None:
        body = {"Cmd": command, "AttachStdin": True, "AttachStdout": True, "AttachStderr": True}
        made = engine.call("POST", f"/containers/{container}/exec", body)["Id"]
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(60)
        self.socket.connect(engine.socket)
        self.stream = self.socket.makefile("rb")
        start = json.dumps({"Detach": False, "Tty": False})
        head = f"POST /exec/{made}/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(start)}\r\n\r\n"
        self.socket.sendall((head + start).encode())
        status = self.stream.readline()
        if b" 101 " not in status:
            raise Missing(f"docker: no upgrade: {status!r}")
        while self.stream.readline().strip():
            pass

    def receive(self) -> bytes:
        """The next frame of its output."""
        head = self.stream.read(8)
        content = self.stream.read(int.from_bytes(head[4:], "big"))
        if not content or head[0] != 1:
            raise Missing(f"docker: an exec says {content!r}")
        return content

    def round_trip(self, line: bytes) -> None:
        self.socket.sendall(line)
        length = 0
        while length < len(line):
            length += len(self.receive())

    def close(self) -> None:
        self.stream.close()
        self.socket.close()
