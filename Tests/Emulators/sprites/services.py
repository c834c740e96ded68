"""Programs that the sprite itself keeps running."""

import asyncio
import contextlib
import signal
import time
from typing import TYPE_CHECKING

from cloud.machine import Process, Recording, Refusal
from sprites.lines import Lines

if TYPE_CHECKING:
    from sprites.sprite import Sprite

KEPT = 1 << 20


class Service:
    """A definition and its process, which is started again when it ends by itself, and when the sprite boots."""

    def __init__(
        self, sprite: "Sprite", name: str, argv: list[str], needs: list[str], http_port: int | None,
        env: dict[str, str], directory: str | None,
    ) -> None:
        self.sprite = sprite
        self.name = name
        self.argv = argv
        self.needs = needs
        self.http_port = http_port
        self.env = env
        self.directory = directory
        self.status = "stopped"
        self.process: Process | None = None
        self.recording = Recording(KEPT)
        self.error: str | None = None
        self.started_at: str | None = None
        self.restarts = 0
        self._wanted = False
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts it and whatever it needs, if they do not run."""
        self._wanted = True
        for need in self.needs:
            if need in self.sprite.services:
                await self.sprite.services[need].start()
        if self.status in ("stopped", "failed"):
            self.restarts = 0
            await self._spawn()

    async def boot(self) -> None:
        """The sprite has booted: what was not stopped on purpose starts."""
        if self._wanted and self.status == "stopped":
            await self.start()

    async def stop(self, timeout: float) -> None:
        """Ends it, by force after the timeout."""
        self._wanted = False
        process = self.process
        if process is None or process.status is not None:
            self.status = "stopped"
            return
        self.status = "stopping"
        await process.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), timeout)
        except TimeoutError:
            await process.signal(signal.SIGKILL)
            await process.wait()
        self.status = "stopped"

    def machine_stops(self) -> None:
        """Its process goes away with the machine; it starts again with it."""
        if self._keeping:
            self._keeping.cancel()
        self.status, self.process = "stopped", None

    async def _spawn(self) -> None:
        self.status, self.error = "starting", None
        self.recording = Recording(KEPT)
        self.started_at = self.sprite.ground.clock.now().isoformat()
        try:
            self.process = await self.sprite.machine.start(
                self.argv, env=self.env, cwd=self.directory, stdin=False
            )
        except Refusal as refusal:
            self.status, self.error, self.process = "failed", str(refusal), None
            self.recording.finish()
            return
        self.status = "running"
        self._keeping = asyncio.ensure_future(self._keep(self.process))

    async def _keep(self, process: Process) -> None:
        await self.recording.record(process)
        if self._wanted and self.process is process:
            self.status = "starting"
            await self.sprite.ground.delays.wait("service-restart")
            if self._wanted and self.process is process:
                self.restarts += 1
                await self._spawn()

    def entry(self) -> dict[str, object]:
        """As the API shows it."""
        running = self.process if self.process and self.process.status is None else None
        state: dict[str, object] = {"name": self.name, "status": self.status, "restart_count": self.restarts}
        if running:
            state["pid"] = running.pid
            state["started_at"] = self.started_at
        if self.error:
            state["error"] = self.error
        return {
            "name": self.name, "cmd": self.argv[0], "args": self.argv[1:], "needs": self.needs,
            "http_port": self.http_port, "env": self.env, "dir": self.directory, "state": state,
        }

    async def tell(self, lines: Lines, duration: float) -> None:
        """Tells what it writes for so long, or until it ends."""
        recording, process = self.recording, self.process
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(duration), contextlib.aclosing(recording.follow()) as chunks:
                async for chunk in chunks:
                    kind = "stdout" if chunk.stream == 1 else "stderr"
                    await lines.add(type=kind, data=chunk.data.decode(errors="replace"), timestamp=now())
        if recording.finished and process and process.status:
            await lines.add(type="exit", exit_code=process.status.shell_code, timestamp=now())


def now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)
