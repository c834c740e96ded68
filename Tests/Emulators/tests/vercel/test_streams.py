"""Streams of commands as they are on the wire."""

import http.client
import threading
import time
from typing import Any

import pytest
from running import RunningEmulator


def test_records(api: Any) -> None:
    _, session = api.create()
    answer = api("POST", session + "/cmd", {"command": "sh", "args": ["-c", "echo out; exit 2"], "wait": True})
    assert answer.content_type == "application/x-ndjson"
    begun, ended = answer.records
    assert begun["command"]["exitCode"] is None and ended["command"]["exitCode"] == 2
    assert begun["command"]["id"] == ended["command"]["id"] and ended["command"]["args"] == ["-c", "echo out; exit 2"]
    followed = api("POST", session + "/cmd", {"command": "echo", "args": ["out"]}, wait="true", logs="true").records
    assert followed[1] == {"stream": "stdout", "data": "out\n"} and len(followed) == 3


def test_logs_are_replayed_and_text(api: Any) -> None:
    _, session = api.create()
    # A character in two writes, and two bytes that are none.
    command = api.start(session, r"printf 'a\342\202'; sleep 0.2; printf '\254\377\376b'; printf '\303' >&2")
    first = api("GET", command + "/logs")
    assert first.content_type == "application/x-ndjson"
    for records in (first.records, api("GET", command + "/logs").records):
        out = "".join(each["data"] for each in records if each["stream"] == "stdout")
        assert out == "a€\ufffd\ufffdb"
        assert [each["data"] for each in records if each["stream"] == "stderr"] == ["\ufffd"]


def test_a_program_that_leaves_another_behind_has_ended(api: Any) -> None:
    _, session = api.create()
    began = time.monotonic()
    records = api("POST", session + "/cmd", {"command": "sh", "args": ["-c", "sleep 1003 & echo left"]}, wait="true",
                  logs="true").records
    assert records[-1]["command"]["exitCode"] == 0 and time.monotonic() - began < 60
    assert api.run(session, "pgrep -f '^sleep 1003'")


def test_who_leaves_stops_nothing(api: Any, emulator: RunningEmulator) -> None:
    _, session = api.create()
    emulator.fault("cut", "POST", "*/cmd", bytes=1)
    with pytest.raises(http.client.IncompleteRead):
        api("POST", session + "/cmd", {"command": "sh", "args": ["-c", "sleep 0.3; echo done > done"]}, wait="true")
    (command,) = api("GET", session + "/cmd").json["commands"]
    assert api("GET", f"{session}/cmd/{command['id']}", wait="true").json["command"]["exitCode"] == 0
    assert api.run(session, "cat done") == "done\n"


@pytest.mark.parametrize("path", ["run", "logs"])
def test_streams_end_in_band_with_their_session(api: Any, path: str) -> None:
    _, session = api.create()
    command = api.start(session, "echo begun; exec sleep 1001")
    answers: list[Any] = []

    def follow() -> None:
        body = {"command": "sh", "args": ["-c", "echo begun; exec sleep 1001"]}
        if path == "run":
            answers.append(api("POST", session + "/cmd", body, wait="true", logs="true"))
        else:
            answers.append(api("GET", command + "/logs"))

    following = threading.Thread(target=follow)
    following.start()
    while not [each for each in api.emulator.requests() if each["path"].startswith(session) and each["status"] is None]:
        assert following.is_alive()
    api("POST", session + "/stop", {})
    following.join(60)
    (answer,) = answers
    if answer.status == 200:
        assert answer.records[-1]["data"]["code"] == "sandbox_stopped"
    else:
        assert answer.code in ("sandbox_stopping", "sandbox_stopped")


def test_a_stream_that_is_closed_has_named_its_command(api: Any) -> None:
    _, session = api.create()
    body = {"command": "sleep", "args": ["1001"]}
    answers: list[Any] = []
    following = [
        threading.Thread(target=lambda: answers.append(api("POST", session + "/cmd", body, wait="true", logs="true")))
        for _ in range(20)
    ]
    for each in following:
        each.start()
    # Closes each of them as early as it can be closed.
    closed = 0
    while any(each.is_alive() for each in following):
        closed += api.emulator.control("POST", "streams/close")["closed"]
    assert closed == len(answers) == 20
    for answer in answers:
        first, last = answer.records
        assert first["command"]["exitCode"] is None and last["data"]["code"] == "sandbox_stream_closed"


def test_a_wait_ends_with_its_session(api: Any) -> None:
    _, session = api.create()
    command = api.start(session, "exec sleep 1001")
    answers: list[Any] = []
    waiting = threading.Thread(target=lambda: answers.append(api("GET", command, wait="true")))
    waiting.start()
    api("POST", session + "/stop", {})
    waiting.join(60)
    assert answers[0].code in ("sandbox_stopping", "sandbox_stopped")


def test_a_signal_may_reach_all_of_a_command(connected: Any) -> None:
    with RunningEmulator("vercel", "--delay", "0", "--signals", "session") as emulator:
        api = connected(emulator)
        _, session = api.create()
        command = api.start(session, "sleep 1004 & echo up; wait")
        while not api.run(session, "pgrep -f '^sleep 1004'"):
            pass
        assert api("POST", command + "/kill", {"signal": 9}).status == 200
        assert api("GET", command, wait="true").json["command"]["exitCode"] == 255
        until = time.monotonic() + 60
        while api.run(session, "pgrep -f '^sleep 1004'"):
            assert time.monotonic() < until
