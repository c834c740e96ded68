"""The server listens, answers as a strict provider, misbehaves exactly as told, and ends without a trace."""

import asyncio
import http.client
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from running import TOKEN, RunningEmulator, eventually

from cloud.machine.machines import PREFIX

TOY = [str(Path(__file__).resolve().parents[2] / "testing" / "toy.py")]


@pytest.fixture(scope="module")
def running() -> Iterator[RunningEmulator]:
    with RunningEmulator("toy", program=TOY) as emulator:
        yield emulator


@pytest.fixture
def toy(running: RunningEmulator) -> RunningEmulator:
    running.clear_faults()
    call(running, "POST", "/reset")
    running.control("DELETE", "requests")
    return running


def call(
    toy: RunningEmulator, method: str, path: str, *, token: str | None = TOKEN, body: bytes | None = None,
    host: str | None = None, timeout: float = 60,
) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection(urlsplit(toy.url).netloc, timeout=timeout)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        connection.request(method, path, body, {**headers, **({"Host": host} if host else {})})
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.headers)
    finally:
        connection.close()


def count(toy: RunningEmulator) -> int:
    return int(toy.state()["count"])


def test_strictness(toy: RunningEmulator) -> None:
    assert call(toy, "POST", "/count")[0] == 200
    assert call(toy, "POST", "/count", token=None)[0] == 401
    assert call(toy, "POST", "/count", token="wrong")[0] == 401
    status, body, headers = call(toy, "GET", "/count")
    assert (status, json.loads(body), headers["Allow"]) == (405, {"message": "Method Not Allowed"}, "POST")
    assert call(toy, "GET", "/nowhere")[0] == 404
    assert call(toy, "GET", "/fail?tea")[:2] == (418, b'{"message": "teapot"}')
    assert count(toy) == 1


def test_a_mistake_of_the_emulator_is_told_at_the_end() -> None:
    with pytest.raises(AssertionError, match="ZeroDivisionError"), RunningEmulator("toy", program=TOY) as toy:
        assert call(toy, "GET", "/fail")[0] == 500
    with pytest.raises(AssertionError, match="ZeroDivisionError"), RunningEmulator("toy", program=TOY) as toy:
        assert call(toy, "GET", "/fail?later")[0] == 200


def test_bodies_stream_both_ways_and_connections_are_kept(toy: RunningEmulator) -> None:
    connection = http.client.HTTPConnection(urlsplit(toy.url).netloc, timeout=60)
    for size in (0, 10, 3_000_000):
        content = os.urandom(size)
        pieces = (content[at : at + 70_000] for at in range(0, size, 70_000))
        connection.request("POST", "/echo", pieces, {"Authorization": f"Bearer {TOKEN}"}, encode_chunked=True)
        local = connection.sock.getsockname()
        assert connection.getresponse().read() == content
        assert connection.sock.getsockname() == local
    connection.close()


def test_lost_answer_is_done_and_refused_is_not(toy: RunningEmulator) -> None:
    toy.fault("lost-answer", "POST", "/count")
    with pytest.raises(http.client.RemoteDisconnected):
        call(toy, "POST", "/count")
    assert count(toy) == 1
    toy.fault("refused", "POST", "/count")
    with pytest.raises(http.client.RemoteDisconnected):
        call(toy, "POST", "/count")
    assert count(toy) == 1
    assert call(toy, "POST", "/count")[0] == 200


def test_statuses(toy: RunningEmulator) -> None:
    toy.fault("rate-limited", path="/count", retry_after=7)
    toy.fault("status", path="/count", status=502)
    toy.fault("unauthorized", path="/count")
    status, _, headers = call(toy, "POST", "/count")
    assert (status, headers["Retry-After"]) == (429, "7")
    assert call(toy, "POST", "/count")[0] == 502
    assert call(toy, "POST", "/count")[0] == 401
    assert count(toy) == 0
    assert call(toy, "POST", "/count")[0] == 200


def test_counts_and_order(toy: RunningEmulator) -> None:
    toy.fault("status", "POST", "/c*t", status=500, skip=1, count=2)
    assert [call(toy, "POST", "/count")[0] for _ in range(5)] == [200, 500, 500, 200, 200]
    toy.clear_faults()
    toy.fault("status", always=True)
    assert [call(toy, "POST", "/count")[0] for _ in range(5)] == [503] * 5
    toy.clear_faults()
    assert call(toy, "POST", "/count")[0] == 200


def test_slow(toy: RunningEmulator) -> None:
    toy.fault("slow", path="/count", before=2)
    with pytest.raises(TimeoutError):
        call(toy, "POST", "/count", timeout=0.1)
    toy.fault("slow", path="/count", after=2)
    with pytest.raises(TimeoutError):
        call(toy, "POST", "/count", timeout=0.1)
    eventually(lambda: count(toy) == 2)
    assert call(toy, "POST", "/count")[0] == 200


def test_cut_stream(toy: RunningEmulator) -> None:
    toy.fault("cut", path="/stream", bytes=2500)
    with pytest.raises(http.client.IncompleteRead) as cut:
        call(toy, "GET", "/stream")
    # Two chunks are whole; what there is of the third may be given or not.
    assert 2000 <= len(cut.value.partial) < 2500
    assert len(call(toy, "GET", "/stream")[1]) == 100_000


def test_stalled_stream(toy: RunningEmulator) -> None:
    toy.fault("stalled", path="/stream", bytes=2500)
    connection = http.client.HTTPConnection(urlsplit(toy.url).netloc, timeout=2)
    try:
        connection.request("GET", "/stream", headers={"Authorization": f"Bearer {TOKEN}"})
        answer = connection.getresponse()
        assert len(answer.read(2000)) == 2000
        with pytest.raises(TimeoutError):
            answer.read()
    finally:
        connection.close()
    assert len(call(toy, "GET", "/stream")[1]) == 100_000


def test_cut_socket(toy: RunningEmulator) -> None:
    toy.fault("cut", path="/socket", bytes=2 + 10 + 5)

    async def talk() -> list[aiohttp.WSMessage]:
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session:
            async with session.ws_connect(f"{toy.url}/socket") as socket:
                for _ in range(2):
                    await socket.send_bytes(bytes(10))
                return [await socket.receive() for _ in range(2)]

    first, second = asyncio.run(talk())
    assert first.data == bytes(10)
    assert second.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


def test_lost_answer_of_a_socket(toy: RunningEmulator) -> None:
    # Always: this client asks once more by itself.
    toy.fault("lost-answer", path="/socket", always=True)

    async def talk() -> None:
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session:
            with pytest.raises(aiohttp.ClientError):
                await asyncio.wait_for(session.ws_connect(f"{toy.url}/socket"), 60)

    asyncio.run(talk())
    assert toy.requests()[-1]["fault"] == "lost-answer"


def test_silence(toy: RunningEmulator) -> None:
    for done in (False, True):
        toy.fault("silent", path="/count", done=done)
        with pytest.raises(TimeoutError):
            call(toy, "POST", "/count", timeout=0.3)
    eventually(lambda: count(toy) == 1)


def test_reaped(toy: RunningEmulator) -> None:
    toy.fault("reaped", path="/count")
    assert call(toy, "POST", "/count")[0] == 200
    assert toy.state()["reaped"] == 1


def test_faults_are_read_strictly(toy: RunningEmulator) -> None:
    kinds = ({}, {"kind": "none"})
    for body in (*kinds, {"kind": "slow", "bytes": 1}, {"kind": "cut", "bytes": "1"}, {"kind": "cut", "count": 0}):
        status, answer, _ = call(toy, "POST", "/_emulator/faults", body=json.dumps(body).encode())
        assert status == 400 and "error" in json.loads(answer)
    toy.fault("cut", bytes=3)
    (listed,) = toy.control("GET", "faults")["faults"]
    assert (listed["kind"], listed["bytes"], listed["applied"]) == ("cut", 3, 0)


def test_journal_keeps_no_secrets(toy: RunningEmulator) -> None:
    call(toy, "POST", "/count?env=PASS%3Dhidden&place=shown&access_token=hidden")
    text = json.dumps(toy.requests())
    assert TOKEN not in text and "hidden" not in text and "shown" in text
    (entry,) = toy.requests()
    assert (entry["method"], entry["path"], entry["status"], entry["fault"]) == ("POST", "/count", 200, None)


def test_journal_tells_when_and_how_long(toy: RunningEmulator) -> None:
    toy.fault("slow", path="/count", after=0.2)
    call(toy, "POST", "/count")
    call(toy, "POST", "/count")
    slow, quick = toy.requests()
    assert slow["at"] + slow["answered"] <= quick["at"]
    assert slow["answered"] >= 0.2 and slow["seconds"] < slow["answered"]
    assert quick["answered"] < 0.2


def test_time_can_be_pushed_on(toy: RunningEmulator) -> None:
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(call(toy, "GET", "/sleep")[0]))
    waiting.start()
    eventually(toy.requests)
    toy.advance(999)
    assert waiting.is_alive()
    toy.advance(2)
    waiting.join(60)
    assert answers == [200]


def test_proxy(toy: RunningEmulator) -> None:
    assert call(toy, "POST", "/x", host="box.test", body=b"abc")[0] == 502
    call(toy, "POST", "/serve")
    assert call(toy, "POST", "/x", host="box.test", body=b"abc", token=None)[:2] == (201, b"cba")


def test_proxy_of_sockets(toy: RunningEmulator) -> None:
    call(toy, "POST", "/serve")

    async def talk() -> list[aiohttp.WSMessage]:
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(f"{toy.url}/x", headers={"Host": "box.test"}) as socket:
                await socket.send_bytes(b"abc")
                return [await socket.receive() for _ in range(2)]

    first, second = asyncio.run(talk())
    assert first.data == b"cba" and second.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


@pytest.mark.parametrize("way", ["SIGTERM", "stdin", "SIGKILL"])
def test_the_end_leaves_nothing(way: str) -> None:
    toy = RunningEmulator("toy", program=TOY)
    call(toy, "POST", "/serve")
    places = _places(toy.pid)
    children = _descendants(toy.pid)
    assert children and len(places) == 1
    if way == "stdin":
        toy.stop()
    else:
        os.kill(toy.pid, signal.SIGTERM if way == "SIGTERM" else signal.SIGKILL)
        assert toy._process.wait(10) == (0 if way == "SIGTERM" else -signal.SIGKILL)
    eventually(lambda: not any(_alive(pid) for pid in children))
    # What a killed one leaves on the disk is swept by the next.
    assert way == "SIGKILL" or not places[0].exists()


def _places(pid: int) -> list[Path]:
    """Directories of that emulator: the one that it holds open for its lock."""
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = Path(os.readlink(link))
        except FileNotFoundError:
            continue
        if target.name.startswith(PREFIX):
            found.append(target)
    return found


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [int(child), *_descendants(int(child))]
    return found
