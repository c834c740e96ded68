"""SWE-ReX as a peer: its own server, as its users install it."""

import http.client
import json
import os
import secrets
import subprocess
import time

from .ending import end
from .environment import ENVIRONMENT, install
from .raw import Missing, free_port


class SweRex:
    """`swerex-remote` with one session. It runs bare on this host, where its users put a container around it."""

    def __init__(self, directory: str) -> None:
        install()
        self.host, self.port = "127.0.0.1", free_port()
        key = secrets.token_hex(16)
        self.headers = {"X-API-Key": key, "Content-Type": "application/json"}
        self.directory = os.path.join(directory, "swerex")
        os.mkdir(self.directory)
        program = os.path.join(ENVIRONMENT, "bin", "swerex-remote")
        with open(os.path.join(self.directory, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [program, "--host", self.host, "--port", str(self.port), "--auth-token", key],
                stdout=log,
                stderr=log,
                cwd=self.directory,
            )
        try:
            self._wait()
            self.call("POST", "/create_session", {"session_type": "bash"})
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.call("GET", "/is_alive")
                return
            except OSError:
                time.sleep(0.05)
        raise Missing("swerex-remote does not start here")

    def call(self, method: str, path: str, body=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        connection.request(method, path, body=None if body is None else json.dumps(body), headers=self.headers)
        answer = connection.getresponse()
        content = answer.read().decode(errors="replace")
        connection.close()
        if answer.status >= 400:
            raise Missing(f"SWE-ReX: {method} {path}: {answer.status} {content[:300]}")
        return json.loads(content)

    def stop(self) -> None:
        end(self.process, 20)
