"""A provider on this machine, and the shortest ways to what it can do, past the fleet."""

import hashlib
import http.client
import json
import os
import secrets
import subprocess
import sys
import urllib.parse
from abc import ABC, abstractmethod

from ..raw import Missing

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
TOKEN = "emulated-token"


class Channel(ABC):
    """`cat` in a box, behind the exec of the provider that the fleet's own daemon is spoken with through."""

    @abstractmethod
    def round_trip(self, line: bytes) -> None:
        """Sends a line, and returns when it has come back."""

    @abstractmethod
    def close(self) -> None:
        """Ends it."""


class Provider(ABC):
    """What is asked here goes over connections that stay open, as far as the provider lets them."""

    name: str
    # By which a fleet finds it.
    environment: dict[str, str]
    # What its own exec of `true` is.
    own_exec: str

    @abstractmethod
    def create(self) -> str:
        """The calls of the fleet's driver for a new box, up to the greeting of the daemon in it."""

    @abstractmethod
    def execute(self, box: str) -> None:
        """Runs `true` by the provider's own exec, and learns its exit code."""

    @abstractmethod
    def channel(self, box: str) -> Channel:
        """Opens one."""

    @abstractmethod
    def remove(self, box: str) -> None:
        """The box, and what `create` has opened."""

    def stop(self) -> None:
        """Ends it."""


class Daemon:
    """The executable that goes along into boxes."""

    def __init__(self, release: str) -> None:
        with open(os.path.join(release, "boxd"), "rb") as file:
            self.bytes = file.read()
        self.name = "boxd-" + hashlib.sha256(self.bytes).hexdigest()[:16]


class Emulated(Provider):
    """An emulator of `Tests/Emulators`, whose transitions take no longer than `delays` says."""

    delays = ["0"]

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        python = os.environ.get("SANDFLEET_TEST_PYTHON") or os.path.join(ROOT, ".build", "venv", "bin", "python")
        if not os.path.exists(python):
            raise Missing("the emulators' Python environment is not there (make venv)")
        command = [python, "-B", os.path.join(ROOT, "Tests", "Emulators", "run.py"), self.name]
        self.process = subprocess.Popen(
            [*command, "--token", TOKEN, *self.waits(), "--until-stdin-ends"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr, text=True,
        )
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise Missing(f"the emulator of {self.name} does not start")
        self.url = line.removeprefix("listening on ").strip()
        parts = urllib.parse.urlsplit(self.url)
        self.address = (parts.hostname, parts.port)
        self.headers = {"Authorization": f"Bearer {TOKEN}"}
        self.connection = http.client.HTTPConnection(*self.address, timeout=60)

    def waits(self) -> list[str]:
        return [word for delay in self.delays for word in ("--delay", delay)]

    def call(self, method: str, path: str, body=None, kind: str = "application/json", **headers: str):
        """The answer's JSON, or its bytes."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = self.headers | {"Content-Type": kind} | {name.replace("_", "-"): text for name, text in headers.items()}
        self.connection.request(method, path, body=data, headers=headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise Missing(f"{self.name}: {method} {path}: {answer.status} {content.decode(errors='replace')[:300]}")
        return json.loads(content) if answer.headers.get_content_type() == "application/json" else content

    def stop(self) -> None:
        self.connection.close()
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def new_name() -> str:
    return "bench-" + secrets.token_hex(8)
