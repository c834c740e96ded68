"""A Docker engine of its own as a peer, through its API."""

import copy
import http.client
import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
import time

from .ending import end
from .raw import Missing


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=60)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class Docker:
    """A dockerd without networks and rules, with one image of a static busybox."""

    IMAGE = "sandfleet-benchmark:busybox"

    def __init__(self, directory: str) -> None:
        daemon = shutil.which("dockerd", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if daemon is None:
            raise Missing("there is no dockerd (apt: docker.io)")
        busybox = shutil.which("busybox")
        if busybox is None:
            raise Missing("there is no busybox (apt: busybox-static)")
        if os.geteuid() != 0:
            raise Missing("a dockerd needs root")
        home = os.path.join(directory, "docker")
        os.mkdir(home)
        self.socket = os.path.join(home, "s")
        self.log = os.path.join(home, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [
                    daemon, "--data-root", f"{home}/d", "--exec-root", f"{home}/e", "--pidfile", f"{home}/pid",
                    "--host", f"unix://{self.socket}", "--iptables=false", "--bridge=none",
                    "--default-ulimit", "nofile=1024:1024", "--default-ulimit", "nproc=4096:4096",
                ],
                stdout=log,
                stderr=log,
            )
        self.connection = _UnixConnection(self.socket)
        try:
            self._wait()
            self._import(busybox)
        except BaseException:
            self.stop()
            raise

    def another(self) -> "Docker":
        """The same engine over a connection of its own: one thread has it at a time."""
        engine = copy.copy(self)
        engine.connection = _UnixConnection(self.socket)
        return engine

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.call("GET", "/_ping")
                return
            except OSError:
                self.connection.close()
                time.sleep(0.05)
        with open(self.log, encoding="utf-8", errors="replace") as file:
            last = (file.read().strip().splitlines() or ["it said nothing"])[-1]
        raise Missing(f"dockerd does not start here: {last}")

    def _import(self, busybox: str) -> None:
        image = io.BytesIO()
        with tarfile.open(fileobj=image, mode="w") as archive:
            for path in ("bin/busybox", "bin/true", "bin/sleep", "bin/sh", "bin/cat"):
                archive.add(os.path.realpath(busybox), arcname=path)
        self.call("POST", f"/images/create?fromSrc=-&repo={self.IMAGE}", image.getvalue())

    def call(self, method: str, path: str, body=None):
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        kind = "application/json" if isinstance(body, dict) else "application/x-tar"
        self.connection.request(method, path, body=data, headers={"Content-Type": kind} if data else {})
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise Missing(f"docker: {method} {path}: {content.decode(errors='replace').strip()[:300]}")
        if answer.getheader("Content-Type", "").startswith("application/json"):
            return json.loads(content.splitlines()[-1]) if content.strip() else None
        return content

    def create(self) -> str:
        """A container that runs until it is removed."""
        container = self.call(
            "POST",
            "/containers/create",
            {"Image": self.IMAGE, "Cmd": ["/bin/sleep", "1000"], "HostConfig": {"NetworkMode": "none"}},
        )["Id"]
        self.call("POST", f"/containers/{container}/start")
        return container

    def put(self, container: str, path: str) -> None:
        """A program or a file of the host, into the container's root."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(path, arcname=os.path.basename(path))
        self.call("PUT", f"/containers/{container}/archive?path=/", packed.getvalue())

    def put_archive(self, container: str, path: str) -> None:
        """A tar of the host, unpacked in the container's root: `docker cp` into it."""
        connection = _UnixConnection(self.socket)
        connection.putrequest("PUT", f"/containers/{container}/archive?path=/")
        for name, value in (("Content-Type", "application/x-tar"), ("Content-Length", str(os.path.getsize(path)))):
            connection.putheader(name, value)
        connection.endheaders()
        with open(path, "rb") as file:
            connection.sock.sendfile(file)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status >= 400:
            raise Missing(f"docker cp: {content.decode(errors='replace')[:300]}")

    def get_archive(self, container: str, path: str, at_least: int) -> None:
        """The same out of it, read and let go of."""
        connection = _UnixConnection(self.socket)
        connection.request("GET", f"/containers/{container}/archive?path={path}")
        answer = connection.getresponse()
        received, buffer = 0, bytearray(1 << 20)
        while count := answer.readinto(buffer):
            received += count
        connection.close()
        if answer.status >= 400 or received < at_least:
            raise Missing(f"docker cp: {answer.status}, {received} of {at_least} bytes")

    def prepare(self, container: str, command: list[str]) -> str:
        """An execution that is not started yet."""
        body = {"Cmd": command, "AttachStdout": True, "AttachStderr": True}
        return self.call("POST", f"/containers/{container}/exec", body)["Id"]

    def execute(self, container: str, command: list[str]) -> None:
        """What `docker exec` does: make it, start it and read to its end, ask for its exit code."""
        execution = self.prepare(container, command)
        # The engine takes this connection over and closes it at the end.
        stream = _UnixConnection(self.socket)
        stream.request(
            "POST", f"/exec/{execution}/start", body=b'{"Detach":false}', headers={"Content-Type": "application/json"}
        )
        stream.getresponse().read()
        stream.close()
        self.check(execution)

    def check(self, execution: str) -> None:
        if self.call("GET", f"/exec/{execution}/json")["ExitCode"] != 0:
            raise Missing("docker exec: the command failed")

    def remove(self, container: str) -> None:
        self.call("DELETE", f"/containers/{container}?force=true")

    def remove_at_once(self, container: str) -> None:
        """Beside others that do the same."""
        engine = self.another()
        engine.remove(container)
        engine.connection.close()

    def stop(self) -> None:
        end(self.process, 20)
