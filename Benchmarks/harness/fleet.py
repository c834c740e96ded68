"""A fleet of its own, under a temporary directory, on free ports."""

import http.client
import json
import os
import subprocess
import time
import urllib.parse

from .ending import end


class Fleet:
    """`sandfleet up`, from its start to its end."""

    def __init__(
        self, release: str, directory: str, environment: dict[str, str] | None = None, flags: list[str] | None = None
    ) -> None:
        """`environment` is added to this one's, `flags` to those of `up`."""
        self.directory = os.path.join(directory, "fleet")
        self.log = open(os.path.join(directory, "fleet.log"), "wb")
        began = time.monotonic()
        self.process = subprocess.Popen(
            [os.path.join(release, "sandfleet"), "up", "--data", self.directory, "--listen", "127.0.0.1:0", *(flags or [])],
            stdout=self.log,
            stderr=self.log,
            env=os.environ | (environment or {}),
            # A Ctrl-C at the terminal is for the benchmark, which stops it in order.
            start_new_session=True,
        )
        try:
            self.document = self._wait()
            self.seconds_to_start = time.monotonic() - began
        except BaseException:
            self.stop()
            raise
        address = urllib.parse.urlsplit(self.document["url"])
        self.host, self.port = address.hostname, address.port
        self.headers = {"Authorization": "Bearer " + self.document["apiKey"], "Content-Type": "application/json"}

    def _wait(self) -> dict:
        path = os.path.join(self.directory, "fleet.json")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with open(path, encoding="utf-8") as file:
                    return json.load(file)
            except (FileNotFoundError, json.JSONDecodeError):
                time.sleep(0.02)
        with open(self.log.name, encoding="utf-8", errors="replace") as file:
            raise RuntimeError("the fleet did not start:\n" + file.read()[-2000:])

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, self.port, timeout=120)

    def call(self, method: str, path: str, body=None, connection=None):
        connection = connection or self.connection()
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, path, body=data, headers=self.headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {content.decode(errors='replace')}")
        return json.loads(content) if content else None

    def create(self) -> str:
        sandbox = self.call("POST", "/v1/sandboxes", {"provider": "local"})["id"]
        self.call("POST", f"/v1/sandboxes/{sandbox}/commands", {"command": "true", "args": []})
        return sandbox

    def delete(self, sandbox: str) -> None:
        self.call("DELETE", f"/v1/sandboxes/{sandbox}")

    @property
    def services(self) -> dict[str, int]:
        """The processes by their names, as they are now: what died was started again."""
        with open(os.path.join(self.directory, "fleet.json"), encoding="utf-8") as file:
            return {service["name"]: service["pid"] for service in json.load(file)["services"]}

    def pid(self, name: str) -> int:
        return self.services[name]

    def pids(self, kind: str) -> dict[str, int]:
        """All of a kind: those beyond the first are numbered."""
        return {name: pid for name, pid in self.services.items() if name.partition("-")[0] == kind}

    def gateways(self) -> list[tuple[str, int]]:
        """Where each of them listens."""
        urls = [urllib.parse.urlsplit(service["url"]) for service in self.document["services"] if service.get("url")]
        return [(url.hostname, url.port) for url in urls]

    def log_of(self, service: str) -> str:
        """What a service has written so far."""
        with open(os.path.join(self.directory, "logs", f"{service}.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def __enter__(self) -> "Fleet":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> None:
        """Stops it in order; after a minute at once."""
        end(self.process, 60)
        self.log.close()
