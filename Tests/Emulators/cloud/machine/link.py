"""The host's end of a running machine: the socket to its first process."""

import array
import asyncio
import json
import os
import signal
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cloud.machine.child import Child
from cloud.machine.containment import Containment
from cloud.machine.user import User

PROGRAM = (Path(__file__).parent / "init.py").read_bytes()
LONGEST_MESSAGE = 4096
LONGEST_END = 10


class MachineEnded(Exception):
    """What was asked of a machine got no answer because everything on it ended."""


class Link:
    """Requests to `init.py` and its answers. It tells when the last process ended, and when all is over."""

    def __init__(
        self, containment: Containment, root: Path, user: User, hostname: str, mounts: Mapping[str, Path],
        empty: Callable[[], None],
    ) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ours.setblocking(False)
        program = os.memfd_create("init.py")
        os.write(program, PROGRAM)
        try:
            command = containment.command(root, user, hostname, program, theirs.fileno(), mounts)
            self._child = Child(command, (program, theirs.fileno()))
        finally:
            os.close(program)
            theirs.close()
        self._empty = empty
        self._number = 0
        self._answers: dict[int, asyncio.Future[tuple[dict[str, Any], list[int]]]] = {}
        self._exits: dict[int, asyncio.Future[int]] = {}
        self.open = True
        asyncio.get_running_loop().add_reader(self._ours, self._read)

    @property
    def busy(self) -> bool:
        """Whether anything waits for an answer or an exit."""
        return bool(self._answers or self._exits)

    async def request(self, op: str, **fields: Any) -> tuple[dict[str, Any], list[int]]:
        """Asks; returns the answer and the descriptors that came with it, or raises the `OSError` that it tells of."""
        number = self._next()
        return await self._ask(number, op, fields, [])

    async def start(self, spec: dict[str, Any], handed: list[int]) -> tuple[int, list[int], "asyncio.Future[int]"]:
        """Starts a program; returns its pid, its terminal if it has one, and its wait status to come."""
        number = self._next()
        # Before it is asked for: the exit may be told in the same breath.
        exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._exits[number] = exited
        file = os.memfd_create("start")
        try:
            os.write(file, json.dumps(spec).encode())
            answer, received = await self._ask(number, "start", {}, [file, *handed])
        except BaseException:
            self._exits.pop(number, None)
            raise
        finally:
            os.close(file)
        return answer["pid"], received, exited

    async def end(self) -> None:
        """Kills everything and waits until it is gone.

        The first process ends when nobody is at the other end of its socket, and everything with it; who killed it
        instead would see it gone before the rest.
        """
        self._close()
        try:
            await asyncio.wait_for(self._child.wait(), LONGEST_END)
        except TimeoutError:
            self._child.kill()
            await self._child.wait()

    def _next(self) -> int:
        self._number += 1
        return self._number

    async def _ask(
        self, number: int, op: str, fields: dict[str, Any], handed: list[int]
    ) -> tuple[dict[str, Any], list[int]]:
        if not self.open:
            raise MachineEnded
        answered: asyncio.Future[tuple[dict[str, Any], list[int]]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answered
        message = json.dumps({"op": op, "id": number, **fields}).encode()
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", handed))] if handed else []
        try:
            while True:
                try:
                    self._ours.sendmsg([message], ancillary)
                    break
                except BlockingIOError:
                    await asyncio.sleep(0.001)
                except (BrokenPipeError, OSError) as error:
                    raise MachineEnded from error
            # Shielded: descriptors that come too late have to be closed.
            answer, received = await asyncio.shield(answered)
        except asyncio.CancelledError:
            answered.add_done_callback(_discard)
            raise
        if "errno" in answer:
            raise _refusal(answer)
        return answer, received

    def _read(self) -> None:
        while self.open:
            try:
                space = socket.CMSG_SPACE(4 * 4)
                data, ancillary, _, _ = self._ours.recvmsg(LONGEST_MESSAGE, space, socket.MSG_CMSG_CLOEXEC)
            except BlockingIOError:
                return
            except ConnectionResetError:
                data, ancillary = b"", []
            received = array.array("i")
            for _, _, content in ancillary:
                received.frombytes(content[: len(content) - len(content) % 4])
            if not data:
                self._close()
                return
            self._dispatch(json.loads(data), list(received))

    def _dispatch(self, message: dict[str, Any], received: list[int]) -> None:
        if message.get("event") == "exited":
            self._exits.pop(message["process"]).set_result(message["status"])
        elif message.get("event") == "empty":
            self._empty()
        elif answered := self._answers.pop(message["id"], None):
            answered.set_result((message, received))

    def _close(self) -> None:
        """Nothing is left: what waits learns it, processes as what they are, killed."""
        if not self.open:
            return
        self.open = False
        asyncio.get_running_loop().remove_reader(self._ours)
        self._ours.close()
        for answered in self._answers.values():
            answered.set_exception(MachineEnded())
        for exited in self._exits.values():
            exited.set_result(signal.SIGKILL)
        self._answers.clear()
        self._exits.clear()


def _refusal(answer: dict[str, Any]) -> OSError:
    error = OSError(answer["errno"], os.strerror(answer["errno"]))
    error.add_note(answer["stage"])
    return error


def _discard(answered: "asyncio.Future[tuple[dict[str, Any], list[int]]]") -> None:
    if not answered.cancelled() and answered.exception() is None:
        for descriptor in answered.result()[1]:
            os.close(descriptor)
