"""What lies in a workspace that is saved."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Workspace:
    """Random bytes, so that no filesystem gains by compressing them."""

    name: str
    files: int
    # Bytes of all of them together.
    size: int
    # Milliseconds.
    budget: float = 30

    @property
    def section(self) -> str:
        return f"A workspace of {self.name}"

    @property
    def fill(self) -> str:
        """A program of Python that makes them, and waits until they are on disk."""
        each = self.size // self.files
        folders = max(1, min(100, self.files // 10))
        return f"""
import os
block = os.urandom(1 << 20)
for folder in range({folders}):
    os.makedirs("files/%d" % folder, exist_ok=True)
for file in range({self.files}):
    start = (file * 104729) % ((1 << 20) - {min(each, 1 << 19)})
    with open("files/%d/%d" % (file % {folders}, file), "wb") as target:
        left = {each}
        while left > 0:
            piece = block[start:start + left] if left < 1 << 20 else block
            target.write(piece)
            left -= len(piece)
os.sync()
"""


WORKSPACES = [
    Workspace("10 MiB in 10 files", 10, 10 << 20),
    Workspace("1 GiB in 16 files", 16, 1 << 30),
    Workspace("100 MiB in 10,000 files", 10_000, 100 << 20),
    Workspace("1 GiB in 100,000 files", 100_000, 1 << 30),
]
# Those that differ by their number of files.
BY_FILES = [WORKSPACES[0], WORKSPACES[2], WORKSPACES[3]]
