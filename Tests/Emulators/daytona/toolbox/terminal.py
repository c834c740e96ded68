"""A shell on a pseudoterminal, and those who are connected to it."""

import asyncio
import contextlib
import json
import signal
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from aiohttp import WSCloseCode, WSMsgType, web

from cloud.machine import Process, TerminalSize
from daytona.sandbox import Sandbox
from daytona.toolbox.execution import SHELL

EXIT_CONTROL = "X-Daytona-Pty-Exit-Control"
# How many pieces of output a client may lie behind before it is dropped.
MOST_BEHIND = 256
REASONS = {130: "Ctrl+C", 137: "SIGKILL", 143: "SIGTERM"}


@dataclass(frozen=True)
class Ending:
    """What a connection is closed with."""

    code: int
    reason: str


class Client:
    """One connection: output waits here until it is sent."""

    def __init__(self, socket: web.WebSocketResponse, told_of_exit: bool) -> None:
        self.socket = socket
        self.told_of_exit = told_of_exit
        self.waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.slow = False

    def give(self, data: bytes) -> None:
        """More output; too much of it, and the client is dropped."""
        if self.waiting.qsize() >= MOST_BEHIND:
            self.slow = True
            self.waiting.put_nowait(None)
        elif not self.slow:
            self.waiting.put_nowait(data)


class Terminal:
    """Whoever connects sees what comes from then on; what came before is gone."""

    def __init__(
        self, sandbox: Sandbox, known: str, directory: str, env: dict[str, str], size: TerminalSize, lazy: bool
    ) -> None:
        self.sandbox = sandbox
        self.id = known
        self.directory = directory
        self.env = {"TERM": "xterm-256color", **env}
        self.size = size
        self.lazy = lazy
        self.created: datetime = sandbox.ground.clock.now()
        self.process: Process | None = None
        self.exit_code: int | None = None
        self.clients: set[Client] = set()
        self._running: asyncio.Task[None] | None = None

    @property
    def active(self) -> bool:
        """Whether its shell runs."""
        return self.process is not None and self.exit_code is None

    def info(self) -> dict[str, object]:
        """As the daemon shows it."""
        return {"id": self.id, "cwd": self.directory, "envs": self.env, "cols": self.size.columns,
                "rows": self.size.rows, "createdAt": self.created.isoformat(), "active": self.active,
                "lazyStart": self.lazy}

    async def start(self) -> None:
        """Starts the shell; raises `Refusal` if that fails."""
        if self.process:
            return
        self.process = await self.sandbox.machine.start(
            [SHELL, "-i", "-l"], env={**self.sandbox.environment, **self.env}, cwd=self.directory, terminal=self.size
        )
        self._running = asyncio.ensure_future(self._run(self.process))

    async def _run(self, process: Process) -> None:
        reading = asyncio.ensure_future(self._read(process))
        status = await process.wait()
        # What is left in the terminal, unless others hold it open.
        await asyncio.wait({reading}, timeout=0.2)
        reading.cancel()
        process.close()
        self.exit_code = status.shell_code
        self.sandbox.terminals.pop(self.id, None)
        for client in self.clients:
            client.waiting.put_nowait(None)

    async def _read(self, process: Process) -> None:
        while data := await process.stdout.read():
            for client in self.clients:
                client.give(data)
            # Lets clients be sent what they were given.
            await asyncio.sleep(0)

    def resize(self, size: TerminalSize) -> None:
        """Programs see the new size."""
        self.size = size
        if self.process:
            self.process.resize(size)

    async def kill(self) -> None:
        """Ends the shell."""
        self.sandbox.terminals.pop(self.id, None)
        if self.process:
            await self.process.signal(signal.SIGKILL)

    async def lose(self) -> None:
        """The machine beneath it has ended."""
        if self._running:
            await asyncio.wait({self._running})

    async def attach(self, request: web.Request, socket: web.WebSocketResponse, told_of_exit: bool) -> None:
        """Serves one connection until it or the shell ends.

        Only when the shell runs is the socket opened: clients give it a tenth of a second from there to `connected`.
        """
        client = Client(socket, told_of_exit)
        self.clients.add(client)
        try:
            await self.start()
            await socket.prepare(request)
            await socket.send_str(json.dumps({"type": "control", "status": "connected"}))
            receiving = asyncio.ensure_future(self._receive(socket))
            sending = asyncio.ensure_future(self._send(client))
            try:
                await asyncio.wait({receiving, sending}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (receiving, sending):
                    task.cancel()
                _, ending = await asyncio.gather(receiving, sending, return_exceptions=True)
            if isinstance(ending, Ending):
                await socket.close(code=ending.code, message=ending.reason.encode())
        finally:
            self.clients.discard(client)

    async def _receive(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY) and self.process and self.process.stdin:
                data = message.data.encode() if isinstance(message.data, str) else message.data
                with contextlib.suppress(BrokenPipeError):
                    await self.process.stdin.write(data)

    async def _send(self, client: Client) -> "Ending | None":
        """All output, and how the connection is to end then; None when the client has left before."""
        with contextlib.suppress(aiohttp.ClientConnectionResetError):
            while (data := await client.waiting.get()) is not None:
                await client.socket.send_bytes(data)
            if client.slow:
                return Ending(WSCloseCode.POLICY_VIOLATION, "slow consumer")
            code = self.exit_code if self.exit_code is not None else 137
            shown: dict[str, object] = {"exitCode": code}
            if code:
                shown["exitReason"] = REASONS.get(code, f"signal {code - 128}" if code > 128 else "non-zero exit")
            if client.told_of_exit:
                await client.socket.send_str(json.dumps({"type": "control", "status": "exited", **shown}))
            return Ending(WSCloseCode.INTERNAL_ERROR if code else WSCloseCode.OK, json.dumps(shown))
        return None
