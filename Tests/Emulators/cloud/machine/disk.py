"""The directory that a machine takes for its root."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from cloud.machine.child import run_tool
from cloud.machine.skeleton import lay_out
from cloud.machine.user import User


class Disk:
    """Laid out when it is used first: many machines are made and never touched."""

    def __init__(self, directory: Path, name: str, user: User) -> None:
        self.root = directory / "root"
        self._directory = directory
        self._name = name
        self._user = user
        self._prepared = False

    def prepare(self) -> None:
        """Lays it out unless it has been."""
        if not self._prepared:
            self._prepared = True
            self._directory.mkdir()
            lay_out(self.root, [self._user] if self._user.uid else [], self._name)

    async def copy(self, target: Path) -> None:
        """Copies all of it; again when a file has vanished meanwhile: who writes from outside does not stand still."""
        self.prepare()
        for last in (False, False, True):
            try:
                await _copy(self.root, target)
                return
            except OSError:
                if last:
                    raise
                await run_tool("rm", "-rf", "--", str(target))

    async def replace(self, source: Path, before: Callable[[], Awaitable[None]]) -> None:
        """Puts a copy in its place; `before` is called when the copy is made and the old one still there."""
        self.prepare()
        fresh, old = self._directory / "fresh", self._directory / "old"
        await _copy(source, fresh)
        await before()
        self.root.rename(old)
        fresh.rename(self.root)
        await run_tool("rm", "-rf", "--", str(old))

    async def remove(self) -> None:
        """Deletes it."""
        if self._prepared:
            await run_tool("rm", "-rf", "--", str(self._directory))


async def _copy(source: Path, target: Path) -> None:
    await run_tool("cp", "-a", "--reflink=auto", "--", str(source), str(target))
