"""A plain client, for what the SDK never sends."""

import itertools
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from running import TOKEN, RunningEmulator

names = (f"raw-{number}" for number in itertools.count(1))


@dataclass
class Answer:
    """What came back."""

    status: int
    content_type: str
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.content.splitlines()]


class Api:
    """Calls one emulator; `teamId` and `projectId` are there unless they are given as None."""

    def __init__(self, emulator: RunningEmulator) -> None:
        self.emulator = emulator
        self.token = TOKEN

    def __call__(
        self, method: str, path: str, body: Any = None, *, data: bytes | None = None,
        headers: dict[str, str] | None = None, **query: str | None,
    ) -> Answer:
        asked = {"teamId": "team_emulated", "projectId": "prj_emulated", "project": "prj_emulated", **query}
        encoded = urllib.parse.urlencode({name: value for name, value in asked.items() if value is not None})
        data = json.dumps(body).encode() if body is not None else data
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **(headers or {})}
        request = urllib.request.Request(f"{self.emulator.url}{path}?{encoded}", data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return Answer(answer.status, answer.headers.get_content_type(), answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers.get_content_type(), error.read())

    def create(self, **settings: Any) -> tuple[str, str]:
        """A sandbox; its name and the path of its session."""
        answer = self("POST", "/v3/sandboxes", {"projectId": "prj_emulated", "name": next(names), **settings})
        assert answer.status == 200, answer.content
        return answer.json["sandbox"]["name"], f"/v2/sandboxes/sessions/{answer.json['session']['id']}"

    def start(self, session: str, script: str, **more: Any) -> str:
        """A command in the background; its path."""
        answer = self("POST", session + "/cmd", {"command": "sh", "args": ["-c", script], **more})
        assert answer.status == 200, answer.content
        return f"{session}/cmd/{answer.json['command']['id']}"

    def run(self, session: str, script: str) -> str:
        """What a script says on stdout."""
        body = {"command": "sh", "args": ["-c", script]}
        records = self("POST", session + "/cmd", body, wait="true", logs="true").records
        return "".join(each["data"] for each in records if each.get("stream") == "stdout")

    def settled(self, session: str, status: str = "stopped") -> None:
        """Waits for a status of a session."""
        until = time.monotonic() + 60
        while (seen := self("GET", session).json["session"]["status"]) != status:
            assert time.monotonic() < until, seen


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with RunningEmulator("vercel", "--delay", "0.01") as running:
        yield running


@pytest.fixture
def api(emulator: RunningEmulator) -> Api:
    emulator.clear_faults()
    return Api(emulator)


@pytest.fixture
def connected() -> type[Api]:
    """For clients of emulators with options of their own."""
    return Api
