"""What the SDK does not show: frames, closes, scrollback, tunnels, and a thousand sprites at rest."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType
from running import TOKEN, RunningEmulator


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with RunningEmulator("sprites", "--delay", "0.005", "--delay", "close=0.5", "--scrollback", "100000") as running:
        yield running


def talk(emulator: RunningEmulator, body: Callable[[aiohttp.ClientSession], Awaitable[None]]) -> None:
    """Runs a conversation with a fresh sprite named `wire`."""

    async def run() -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with aiohttp.ClientSession(emulator.url, headers=headers) as session:
            assert (await session.post("/v1/sprites", json={"name": "wire"})).status == 201
            try:
                await asyncio.wait_for(body(session), 120)
            finally:
                assert (await session.delete("/v1/sprites/wire")).status == 204

    asyncio.run(run())


@asynccontextmanager
async def exec_(
    session: aiohttp.ClientSession, *argv: str, at: str = "", **query: str
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    parameters = [("cmd", word) for word in argv] + list(query.items())
    patience = aiohttp.ClientWSTimeout(ws_close=0.5)
    at = f"/v1/sprites/wire/exec{at}"
    async with session.ws_connect(at, params=parameters, max_msg_size=0, timeout=patience) as socket:
        yield socket


async def frames(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
    """Everything to the end, texts as objects; the last is the close code, None for a connection that broke."""
    found: list[Any] = []
    while True:
        message = await socket.receive()
        if message.type is WSMsgType.TEXT:
            found.append(json.loads(message.data))
        elif message.type is WSMsgType.BINARY:
            found.append(message.data)
        else:
            code = message.data if message.type is WSMsgType.CLOSE else None
            return [*found, code]


def test_frames_without_a_terminal(emulator: RunningEmulator) -> None:
    async def body(session: aiohttp.ClientSession) -> None:
        async with exec_(session, "sh", "-c", "cat; echo err >&2; exit 3", stdin="true") as socket:
            await socket.send_bytes(b"\x00in\n")
            await socket.send_bytes(b"\x04")
            info, *told = await frames(socket)
            assert info["type"] == "session_info" and info["is_owner"] and not info["tty"]
            assert sorted(told[:2]) == [b"\x01in\n", b"\x02err\n"]
            # The exit, then after a while the close.
            assert told[2:] == [b"\x03\x03", 1000]

    talk(emulator, body)


def test_frames_with_a_terminal(emulator: RunningEmulator) -> None:
    async def body(session: aiohttp.ClientSession) -> None:
        async with exec_(session, "sh", "-c", "stty -echo; echo up; read x; stty size; exit 4", tty="true") as socket:
            info = await socket.receive_json()
            assert info["tty"] and isinstance(info["session_id"], str) and (info["rows"], info["cols"]) == (0, 0)
            assert await socket.receive_bytes() == b"up\r\n"
            await socket.send_str(json.dumps({"type": "resize", "rows": 44, "cols": 111}))
            await socket.send_bytes(b"x\n")
            *output, exit_, close = await frames(socket)
            assert b"".join(output) == b"44 111\r\n" and exit_ == {"type": "exit", "exit_code": 4}
            # The connection ends without a close frame.
            assert close != 1000

    talk(emulator, body)


def test_without_stdin_a_program_reads_nothing(emulator: RunningEmulator) -> None:
    async def body(session: aiohttp.ClientSession) -> None:
        async with exec_(session, "cat") as socket:
            assert (await frames(socket))[1] == b"\x03\x00"

    talk(emulator, body)


def test_attach_gets_the_newest_and_everybody_gets_the_rest(emulator: RunningEmulator) -> None:
    async def body(session: aiohttp.ClientSession) -> None:
        script = "yes 1 | head -c 300000; echo; read x; echo end"
        async with exec_(session, "sh", "-c", script, stdin="true") as owner:
            known = (await owner.receive_json())["session_id"]
            seen = b""
            while len(seen) < 300_001:
                seen += (await owner.receive_bytes())[1:]
            async with exec_(session, at=f"/{known}") as other, exec_(session, id=known) as third:
                assert not (await other.receive_json())["is_owner"] and not (await third.receive_json())["is_owner"]
                replay = b""
                while not replay.endswith(b"\n\n"):
                    replay += (await other.receive_bytes())[1:]
                assert 30_000 < len(replay) <= 100_000 and seen.endswith(replay)
                await other.send_bytes(b"\x00go\n")
                assert (await frames(owner))[:2] == (await frames(other))[:2] == [b"\x01end\n", b"\x03\x00"]

    talk(emulator, body)


def test_a_client_that_does_not_read_slows_the_program_and_loses_nothing(emulator: RunningEmulator) -> None:
    async def body(session: aiohttp.ClientSession) -> None:
        script = "head -c 30000000 /dev/zero; echo done > finished"
        async with exec_(session, "sh", "-c", script) as socket:
            await socket.receive_json()
            await asyncio.sleep(0.5)
            assert (await session.get("/v1/sprites/wire/fs/read?workingDir=/home/sprite&path=finished")).status == 404
            told = await frames(socket)
            assert sum(len(frame) - 1 for frame in told[:-2]) == 30_000_000 and told[-2] == b"\x03\x00"

    talk(emulator, body)


def test_who_leaves_a_stuck_program_is_noticed(emulator: RunningEmulator) -> None:
    async def body(session: aiohttp.ClientSession) -> None:
        async with exec_(session, "sleep", "1000", stdin="true", max_run_after_disconnect="0") as socket:
            await socket.receive_json()
            for _ in range(40):
                await socket.send_bytes(b"\x00" + bytes(10_000))
        async with asyncio.timeout(60):
            while (await (await session.get("/v1/sprites/wire/exec")).json())["sessions"][0]["is_active"]:
                await asyncio.sleep(0.05)

    talk(emulator, body)


def test_an_ended_program_is_in_no_list_even_while_its_output_is_held_open(emulator: RunningEmulator) -> None:
    async def body(session: aiohttp.ClientSession) -> None:
        async with exec_(session, "sh", "-c", "sleep 1000 & echo $$; exit 6") as socket:
            known = (await socket.receive_json())["session_id"]
            assert (await socket.receive_bytes())[1:]
            async with asyncio.timeout(60):
                # For half a second of silence there is no exit yet, but no session either.
                while (await (await session.get("/v1/sprites/wire/exec")).json())["count"]:
                    await asyncio.sleep(0.01)
            with pytest.raises(aiohttp.WSServerHandshakeError) as gone:
                await session.ws_connect(f"/v1/sprites/wire/exec/{known}")
            assert gone.value.status == 404
            assert (await frames(socket))[0] == b"\x03\x06"

    talk(emulator, body)


def test_wrong_queries(emulator: RunningEmulator) -> None:
    async def body(session: aiohttp.ClientSession) -> None:
        for query in ("", "?cmd=true&unknown=1", "?cmd=true&tty=yes", "?cmd=true&tty=true&rows=0", "?cmd=true&env=X",
                      "?cmd=true&max_run_after_disconnect=soon"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(f"/v1/sprites/wire/exec{query}")
            assert refused.value.status == 400, query

    talk(emulator, body)


def test_tunnel(emulator: RunningEmulator) -> None:
    async def body(session: aiohttp.ClientSession) -> None:
        async with session.ws_connect("/v1/sprites/wire/proxy") as nobody:
            await nobody.send_str(json.dumps({"host": "localhost", "port": 7}))
            assert await frames(nobody) == [1011]
        async with session.ws_connect("/v1/sprites/wire/proxy") as wrong:
            await wrong.send_str("port 7")
            assert await frames(wrong) == [1003]
        script = ("import socket; s = socket.create_server(('', 5432)); print('up', flush=True); c, _ = s.accept();"
                  "c.sendall(c.recv(100)[::-1])")
        async with exec_(session, "python3", "-c", script) as server:
            await server.receive_json()
            assert await server.receive_bytes() == b"\x01up\n"
            async with session.ws_connect("/v1/sprites/wire/proxy") as tunnel:
                await tunnel.send_str(json.dumps({"host": "localhost", "port": 5432}))
                assert (await tunnel.receive_json())["status"] == "connected"
                await tunnel.send_bytes(b"abc")
                assert await frames(tunnel) == [b"cba", 1000]

    talk(emulator, body)


def test_deleting_while_a_checkpoint_is_made(emulator: RunningEmulator) -> None:
    async def body(session: aiohttp.ClientSession) -> None:
        assert (await session.post("/v1/sprites", json={"name": "other"})).status == 201

        async def checkpoint() -> str:
            async with session.post("/v1/sprites/other/checkpoint") as answer:
                if answer.status == 404:
                    return "404"
                return str(json.loads((await answer.text()).splitlines()[-1])["type"])

        made = [asyncio.ensure_future(checkpoint()) for _ in range(5)]
        await asyncio.sleep(0.02)
        assert (await session.delete("/v1/sprites/other")).status == 204
        assert set(await asyncio.gather(*made)) <= {"complete", "error", "404"}

    talk(emulator, body)


def test_session_info_may_be_for_terminals_only() -> None:
    with RunningEmulator("sprites", "--delay", "0", "--session-info", "terminal") as emulator:

        async def body(session: aiohttp.ClientSession) -> None:
            async with exec_(session, "echo", "x") as socket:
                assert (await frames(socket))[:2] == [b"\x01x\n", b"\x03\x00"]
            async with exec_(session, "true", tty="true") as terminal:
                assert (await terminal.receive_json())["type"] == "session_info"

        talk(emulator, body)


def test_without_a_box() -> None:
    with RunningEmulator("sprites", "--delay", "0", "--unboxed") as emulator:

        async def body(session: aiohttp.ClientSession) -> None:
            place = "/v1/sprites/wire/fs/write?path=/home/sprite"
            async with session.put(f"{place}/file", data=b"content") as written:
                assert written.status == 200
            async with exec_(session, "cat", "file") as socket:
                assert (await frames(socket))[1:3] == [b"\x01content", b"\x03\x00"]
            async with exec_(session, "tty", tty="true") as terminal:
                assert b"/dev/pts/" in (await frames(terminal))[1]
            async with exec_(session, "sleep", "1000") as left:
                await left.receive_json()
            assert emulator.state()["contained_by"] == "directory"

        talk(emulator, body)


def test_a_thousand_at_rest_cost_next_to_nothing() -> None:
    with RunningEmulator("sprites", "--delay", "0") as emulator:

        async def run() -> None:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with aiohttp.ClientSession(emulator.url, headers=headers) as session:
                before = _memory(emulator.pid)

                async def one(number: int) -> None:
                    async with session.post("/v1/sprites", json={"name": f"s-{number}"}) as answer:
                        assert answer.status == 201

                for start in range(0, 1000, 100):
                    await asyncio.gather(*(one(number) for number in range(start, start + 100)))
                assert _memory(emulator.pid) - before < 64 << 20
                assert emulator.state()["active_machines"] == 0
                children = Path(f"/proc/{emulator.pid}/task/{emulator.pid}/children").read_text().split()
                assert children == []

        asyncio.run(run())


def _memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
