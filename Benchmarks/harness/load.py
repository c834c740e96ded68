"""Closed loops of HTTP requests against one server."""

import json
import os
from dataclasses import dataclass
from typing import Protocol

from .raw import Part, RawParts


class Endpoint(Protocol):
    """A server of HTTP, and what its requests carry."""

    host: str
    port: int
    headers: dict[str, str]


@dataclass
class Loop:
    """What one closed loop measured."""

    nanoseconds: list[int]
    # Of the first request of each iteration.
    first: list[int]
    ids: list[str]
    # Of the iterations, in the order in which they were done.
    numbers: list[int]
    total: int

    @property
    def rate(self) -> float:
        return len(self.nanoseconds) / (self.total / 1e9)


class Load:
    """Sends through a compiled client, so that the client costs little of what is measured."""

    def __init__(self, parts: RawParts, endpoint: Endpoint, directory: str) -> None:
        self.parts = parts
        self.endpoint = endpoint
        self.directory = directory
        self.files: dict[str, str] = {}

    def request(self, method: str, path: str, body=None) -> str:
        """A file that holds the request."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.endpoint.host}"]
        lines += [f"{name}: {value}" for name, value in self.endpoint.headers.items()]
        text = "\n".join(lines) + "\n\n" + ("" if body is None else json.dumps(body, separators=(",", ":")))
        if text not in self.files:
            self.files[text] = os.path.join(self.directory, f"request-{len(self.files)}")
            with open(self.files[text], "w", encoding="utf-8") as file:
                file.write(text)
        return self.files[text]

    def run(
        self, *requests: str, connections: int = 1, iterations: int, warm_up: int = 0, ids: str | None = None
    ) -> Loop:
        """In the requests `{n}` is the iteration's number, `{id}` what http_load.c says; `ids` is a file of them."""
        endpoint = self.endpoint
        return self.read(
            self.start(
                endpoint.host, endpoint.port, *requests, connections=connections, iterations=iterations,
                warm_up=warm_up, ids=ids,
            ).finish()
        )

    def start(
        self,
        host: str,
        port: int,
        *requests: str,
        connections: int,
        iterations: int,
        warm_up: int = 0,
        ids: str | None = None,
    ) -> Part:
        """The same against any server, without waiting for its end."""
        return self.parts.start("http_load", host, port, connections, iterations, warm_up, ids or "-", *requests)

    @staticmethod
    def read(output: str) -> Loop:
        *lines, last = output.splitlines()
        rows = [line.split() for line in lines]
        return Loop(
            [int(row[0]) for row in rows],
            [int(row[1]) for row in rows],
            [row[2] for row in rows],
            [int(row[4]) for row in rows],
            int(last.split()[1]),
        )
