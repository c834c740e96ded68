"""The toolbox beyond what SDKs ask of it."""

import asyncio
import contextlib
import json
import random
import socket
from collections.abc import Callable
from typing import Any

import aiohttp

Run = Callable[[Any], None]
ECHO = """
import asyncio
import sys
from base64 import b64encode
from hashlib import sha1

async def serve(reader, writer):
    head = (await reader.readuntil(b"\\r\\n\\r\\n")).decode()
    fields = dict(line.split(": ", 1) for line in head.split("\\r\\n")[1:] if line)
    key = {name.lower(): value for name, value in fields.items()}["sec-websocket-key"]
    accept = b64encode(sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    writer.write(("HTTP/1.1 101 Switching\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
                  "Sec-WebSocket-Accept: %s\\r\\n\\r\\n" % accept).encode())
    writer.write(bytes([0x82, 5]) + b"hello")
    await writer.drain()
    await asyncio.sleep(1000)

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()

asyncio.run(main())
"""


async def begin(api: Any, known: str, command: str, session: str = "work") -> str:
    await api.call("POST", f"/toolbox/{known}/process/session", 201, json={"sessionId": session})
    path = f"/toolbox/{known}/process/session/{session}/exec"
    return str((await api.call("POST", path, 202, json={"command": command, "runAsync": True}))["cmdId"])


def test_logs_have_a_mark_before_each_line(run: Run) -> None:
    async def body(api: Any) -> None:
        known = await api.sandbox()
        command = await begin(api, known, "mkfifo b c; echo a; echo b; read x < b; echo c >&2; read x < c; printf d")
        path = f"/toolbox/{known}/process/session/work/command/{command}/logs"
        content = b""
        async with api.session.ws_connect(f"{api.emulator.url}{path}?follow=true") as socket:
            async for message in socket:
                assert message.type is aiohttp.WSMsgType.BINARY
                content += message.data
                # The order of what goes to two pipes at once is not known.
                for last in "bc":
                    if content.endswith(f"{last}\n".encode()):
                        await api.execute(known, f"echo > {last}")
            assert socket.close_code == 1000
        assert content == b"\1\1\1a\n\1\1\1b\n\2\2\2c\n\1\1\1d\n"
        assert await api.call("GET", path) == {"output": "a\nb\nc\nd\n", "stdout": "a\nb\nd\n", "stderr": "c\n"}
        async with api.session.ws_connect(api.emulator.url + path) as socket:
            assert (await socket.receive_bytes()) == content

    run(body)


def test_what_runs_when_a_sandbox_goes_away_is_told_so(run: Run) -> None:
    async def body(api: Any) -> None:
        known = await api.sandbox()
        command = await begin(api, known, "echo begun; sleep 1000")
        path = f"/toolbox/{known}/process/session/work/command/{command}/logs?follow=true"
        executing = asyncio.ensure_future(api.execute(known, "echo x > begun; sleep 1000", 502))
        tty = f"/toolbox/{known}/process/pty/create-connect?id=tty"
        async with (
            api.session.ws_connect(api.emulator.url + path) as logs,
            api.session.ws_connect(api.emulator.url + tty, protocols=["X-Daytona-Pty-Exit-Control"]) as terminal,
        ):
            assert json.loads(await terminal.receive_str()) == {"type": "control", "status": "connected"}
            while (await api.execute(known, "cat begun"))["result"] != "x\n":
                pass
            await api.call("POST", f"/api/sandbox/{known}/stop")
            assert [message.data async for message in logs] == [b"\1\1\1begun\n"]
            last = [message async for message in terminal if message.type is aiohttp.WSMsgType.TEXT][-1]
            assert json.loads(last.data) == {
                "type": "control", "status": "exited", "exitCode": 137, "exitReason": "SIGKILL",
            }
            assert terminal.close_code == 1011
        await executing
        await api.until(known, "stopped")

    run(body)


def test_a_terminal_that_ends_well(run: Run) -> None:
    async def body(api: Any) -> None:
        known = await api.sandbox()
        base = f"/toolbox/{known}/process/pty"
        await api.call("POST", base, 201, json={"id": "tty", "lazyStart": True, "envs": {"A": "b"}})
        await api.call("POST", base, 409, json={"id": "tty"})
        shown = await api.call("GET", f"{base}/tty")
        assert (shown["active"], shown["lazyStart"], shown["cols"]) == (False, True, 80)
        async with api.session.ws_connect(f"{api.emulator.url}{base}/tty/connect") as terminal:
            await terminal.receive_str()
            await terminal.send_bytes(b"exit\n")
            kinds = {message.type async for message in terminal}
            assert kinds == {aiohttp.WSMsgType.BINARY} and terminal.close_code == 1000
        await api.call("GET", f"{base}/tty", 404)
        async with api.session.ws_connect(f"{api.emulator.url}{base}/tty/connect") as terminal:
            assert json.loads(await terminal.receive_str())["status"] == "error"

    run(body)


def test_who_does_not_read_a_terminal_is_dropped(run: Run) -> None:
    async def body(api: Any) -> None:
        known = await api.sandbox()
        path = f"/toolbox/{known}/process/pty/create-connect?id=tty"
        async with api.session.ws_connect(api.emulator.url + path, max_msg_size=0) as terminal:
            await terminal.send_bytes(b"yes | head -c 16000000; touch done\n")
            while (await api.execute(known, "test -e done"))["exitCode"]:
                pass
            size = sum([len(message.data) async for message in terminal])
            assert terminal.close_code == 1008 and size < 16_000_000
        assert (await api.call("GET", f"/toolbox/{known}/process/pty/tty"))["active"]

    run(body)


def free_port() -> int:
    """One of those that have previews; without a box it is the host's."""
    for port in random.sample(range(3000, 10_000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def test_ports_and_sockets_behind_previews(run: Run) -> None:
    async def body(api: Any) -> None:
        port = free_port()
        known = await api.sandbox()
        assert (await api.call("GET", f"/toolbox/{known}/port/{port}/in-use"))["isInUse"] is False
        await api.execute(known, f"cat > server.py <<'END'\n{ECHO}\nEND")
        await begin(api, known, f"python3 server.py {port}")
        while not (await api.call("GET", f"/toolbox/{known}/port/{port}/in-use"))["isInUse"]:
            pass
        assert port in (await api.call("GET", f"/toolbox/{known}/port"))["ports"]
        headers = {"Host": f"{port}-{known}.localhost"}
        async with api.session.ws_connect(api.emulator.url, headers=headers) as previewed:
            assert await previewed.receive_bytes() == b"hello"
        async with api.session.get(api.emulator.url, headers={"Host": f"{port}-{known}.other"}) as answer:
            assert answer.status == 404

    run(body)


def test_environment_can_be_changed(run: Run) -> None:
    async def body(api: Any) -> None:
        known = await api.sandbox(env={"A": "1", "B": "2"})
        await api.call("POST", f"/toolbox/{known}/env", json={"set": {"C": "3"}, "unset": ["A"]})
        assert (await api.execute(known, "echo $A-$B-$C"))["result"] == "-2-3\n"

    run(body)


def test_root_and_other_users(run: Run) -> None:
    async def body(api: Any) -> None:
        known = await api.sandbox(user="root")
        assert (await api.call("GET", f"/toolbox/{known}/user-home-dir"))["dir"] == "/root"
        other = await api.sandbox(user="worker")
        assert (await api.call("GET", f"/toolbox/{other}/work-dir"))["dir"] == "/home/worker"

    run(body)


def test_many_commands_at_once(run: Run) -> None:
    async def body(api: Any) -> None:
        known = await api.sandbox()
        done = await asyncio.gather(*(api.execute(known, f"sleep 0.2; echo {number}") for number in range(40)))
        assert [each["result"] for each in done] == [f"{number}\n" for number in range(40)]

    run(body)


def test_organizations_of_users(run: Run) -> None:
    async def body(api: Any) -> None:
        token = {"Authorization": "Bearer jwt-token"}
        await api.call("GET", "/api/sandbox", 403, headers=token)
        organization = api.emulator.state()["organization"]
        await api.call("GET", "/api/sandbox", headers={**token, "X-Daytona-Organization-ID": organization})

    run(body)
