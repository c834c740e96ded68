"""The raw parts: small C programs, and the broker that one of them talks to."""

import os
import shutil
import socket
import subprocess
import time

SOURCES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "raw")


class Missing(Exception):
    """A part that cannot be measured here, and why."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Part:
    """A raw part that runs."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, seconds: float = 120) -> str:
        """What it printed."""
        try:
            output, errors = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            raise Missing(f"{self.name} did not end within {seconds:.0f} s") from None
        if self.process.returncode != 0:
            raise Missing(f"{self.name} failed: {errors.strip()[-300:]}")
        return output

    def stop(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
            self.process.communicate()


class RawParts:
    """Compiles what is asked for, once."""

    LIBRARIES = {
        "request_reply": "libnats",
        "stream": "libnats",
        "append": "libnats",
        "direct_get": "libnats",
        "stream_state": "libnats",
        "agent_subject": "libnats",
        "bus_request": "libnats",
        "insert": "libpq",
    }
    # Runs where there is no library: in a box and in a container.
    STATIC = {"ticker"}

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.compiled: dict[str, str] = {}

    def compile(self, name: str) -> str:
        if name in self.compiled:
            return self.compiled[name]
        compiler = shutil.which("cc") or shutil.which("clang")
        if compiler is None:
            raise Missing("there is no C compiler")
        flags = []
        if library := self.LIBRARIES.get(name):
            try:
                flags = subprocess.check_output(["pkg-config", "--cflags", "--libs", library], text=True).split()
            except (OSError, subprocess.CalledProcessError):
                raise Missing(f"{library} is not installed") from None
        program = os.path.join(self.directory, name)
        source = os.path.join(SOURCES, name + ".c")
        options = ["-O2", "-std=gnu11", "-pthread", "-Wall", "-Wextra", "-Werror"]
        if name in self.STATIC:
            options.append("-static")
        command = [compiler, *options, "-o", program, source, *flags]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        if built.returncode != 0:
            raise Missing(f"{name}.c does not compile: {built.stderr.strip()}")
        self.compiled[name] = program
        return program

    def run(self, name: str, *arguments: object) -> list[int]:
        """The nanoseconds of each repetition."""
        return [int(line) for line in self.output(name, *arguments).splitlines() if line.isdigit()]

    def total(self, name: str, *arguments: object) -> int:
        """The nanoseconds of all repetitions, as the part itself says."""
        return int(self.output(name, *arguments).splitlines()[-1].split()[1])

    def output(self, name: str, *arguments: object) -> str:
        return self.start(name, *arguments).finish()

    def start(self, name: str, *arguments: object) -> Part:
        return Part(name, [self.compile(name), *map(str, arguments)])


class Broker:
    """A nats-server with nothing in it; its streams are files, as in the fleet."""

    def __init__(self, directory: str) -> None:
        program = shutil.which("nats-server", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if program is None:
            raise Missing("there is no nats-server")
        port = free_port()
        self.url = f"nats://127.0.0.1:{port}"
        command = [program, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", os.path.join(directory, "broker")]
        with open(os.path.join(directory, "broker.log"), "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        self.stop()
        raise Missing("the nats-server does not listen")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
