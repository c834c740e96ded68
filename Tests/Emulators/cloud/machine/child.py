"""Programs of the host, awaited without a thread."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Sequence


class Child:
    """One child of the emulator, in a session of its own, with no input and no output."""

    def __init__(self, argv: Sequence[str], descriptors: Sequence[int] = ()) -> None:
        self._popen = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=descriptors,
            start_new_session=True,
            cwd="/",
        )
        loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = loop.create_future()
        self._pidfd = os.pidfd_open(self._popen.pid)
        loop.add_reader(self._pidfd, self._reap)

    def _reap(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._ended.set_result(self._popen.wait())

    async def wait(self) -> int:
        """The exit code, negative for a signal."""
        return await asyncio.shield(self._ended)

    def kill(self) -> None:
        """Ends it, if it has not ended."""
        if not self._ended.done():
            self._popen.send_signal(signal.SIGKILL)


async def run_tool(*argv: str) -> None:
    """Runs a program of the host that has to succeed. It does not outlive whoever waits for it."""
    child = Child(argv)
    try:
        code = await child.wait()
    except asyncio.CancelledError:
        child.kill()
        await child.wait()
        raise
    if code != 0:
        raise OSError(f"{argv[0]} exited with {code}")
