"""WebSockets: terminals, and those of programs behind ports."""

import asyncio
import json
import time
from typing import Any

import aiohttp
import pytest


def opened(api: Any, session: str) -> str:
    answer = api("POST", session + "/interactive", {}).json
    return f"{answer['url']}?token={answer['token']}"


async def start(socket: aiohttp.ClientWebSocketResponse, script: str, **more: Any) -> None:
    await socket.send_json({"type": "start", "command": "sh", "args": ["-c", script], "env": ["TERM=dumb"], **more})


def test_a_token_opens_one_terminal(api: Any) -> None:
    _, session = api.create()
    address = opened(api, session)

    async def talk() -> None:
        async with aiohttp.ClientSession() as client:
            async with client.ws_connect(address) as socket:
                await start(socket, "echo $TERM; stty size; exit 3", cols=90, rows=30)
                seen = bytearray()
                while (message := await socket.receive(60)).type is aiohttp.WSMsgType.BINARY:
                    seen += message.data
                assert seen.split() == [b"dumb", b"30", b"90"]
                assert json.loads(message.data) == {"type": "exit", "code": 3}
            for again in (address, address.replace("token=", "token=x"), address.partition("?")[0]):
                with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                    await client.ws_connect(again)
                assert refused.value.status == 401

    asyncio.run(talk())


def test_who_leaves_hangs_up(api: Any) -> None:
    _, session = api.create()
    address = opened(api, session)

    async def talk() -> None:
        async with aiohttp.ClientSession() as client, client.ws_connect(address) as socket:
            await start(socket, "echo up; exec sleep 1005")
            assert (await socket.receive(60)).data == b"up\r\n"

    asyncio.run(talk())
    until = time.monotonic() + 60
    while api.run(session, "pgrep -f '^sleep 1005'"):
        assert time.monotonic() < until


def test_wrong_starts(api: Any) -> None:
    _, session = api.create()
    addresses = [opened(api, session) for _ in range(3)]

    async def talk() -> None:
        async with aiohttp.ClientSession() as client:
            starts = ("{}", "no json", '{"type": "start", "command": "nothing"}')
            for address, first in zip(addresses, starts, strict=True):
                async with client.ws_connect(address) as socket:
                    await socket.send_str(first)
                    messages = [message async for message in socket]
                    assert messages and messages[-1].type is aiohttp.WSMsgType.TEXT

    asyncio.run(talk())


def test_a_socket_of_a_session_that_ends(api: Any) -> None:
    _, session = api.create()
    address, late = opened(api, session), opened(api, session)

    async def talk() -> None:
        async with aiohttp.ClientSession() as client:
            async with client.ws_connect(address) as socket:
                await start(socket, "echo up; exec sleep 1001")
                assert (await socket.receive(60)).data == b"up\r\n"
                await asyncio.to_thread(api, "POST", session + "/stop", {})
                # It closes without an exit: nobody knows one.
                assert [message async for message in socket] == []
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(late)
            assert refused.value.status == 410

    asyncio.run(talk())
