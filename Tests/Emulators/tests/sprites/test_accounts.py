"""Tokens of further accounts."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from running import TOKEN, RunningEmulator


def call(emulator: RunningEmulator, token: str, method: str, path: str, body: Any = None) -> Any:
    """What the API answers to one token."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{emulator.url}{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        content = answer.read()
    return json.loads(content) if content else None


def test_accounts_see_nothing_of_each_other() -> None:
    with RunningEmulator("sprites", "--account", "other=guest") as emulator:
        for token, organization in ((TOKEN, "emulated"), ("other", "guest")):
            made = call(emulator, token, "POST", "/v1/sprites", {"name": "same"})
            assert made["organization"] == organization
        call(emulator, "other", "PUT", "/v1/sprites/same", {"labels": ["theirs"]})
        assert call(emulator, TOKEN, "GET", "/v1/sprites/same")["labels"] == []
        assert [each["org_slug"] for each in call(emulator, "other", "GET", "/v1/sprites")["sprites"]] == ["guest"]
        call(emulator, "other", "DELETE", "/v1/sprites/same")
        assert call(emulator, TOKEN, "GET", "/v1/sprites/same")["name"] == "same"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            call(emulator, "other", "GET", "/v1/sprites/same")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            call(emulator, "nobody", "GET", "/v1/sprites/same")
