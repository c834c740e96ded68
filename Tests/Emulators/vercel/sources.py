"""What a new sandbox can start from: a snapshot, a tarball, a Git repository."""

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

import aiohttp

from cloud.emulator import Ground
from cloud.fields import Fields
from cloud.machine.child import run_tool
from vercel.archive import Unpacking
from vercel.identity import WORKING_DIRECTORY
from vercel.refusals import invalid
from vercel.session import Session

Fill = Callable[[Session], Awaitable[None]]


def read_source(ground: Ground, fields: Fields | None) -> tuple[str | None, Fill | None]:
    """The snapshot, or who fills the working directory. What cannot be fetched makes the session fail."""
    if fields is None:
        return None, None
    kind = fields.text("type", allowed=("git", "tarball", "snapshot"))
    if kind == "snapshot":
        snapshot = fields.needed_text("snapshotId")
        fields.done()
        return snapshot, None
    if kind not in ("git", "tarball"):
        raise invalid("source.type is required")
    url = fields.needed_text("url")
    if kind == "tarball":
        fields.done()
        return None, lambda session: _fetch(session, url)
    depth, revision = fields.integer("depth", least=1), fields.text("revision")
    user, password = fields.text("username"), fields.text("password")
    fields.done()
    if user:
        parts = urlsplit(url)
        url = parts._replace(netloc=f"{quote(user, '')}:{quote(password or '', '')}@{parts.netloc}").geturl()
    return None, lambda session: _clone(session, url, depth, revision)


async def _fetch(session: Session, url: str) -> None:
    unpacking = Unpacking(session.machine, WORKING_DIRECTORY, strip=1)
    try:
        async with aiohttp.ClientSession(auto_decompress=False) as client, client.get(url) as answer:
            if answer.status != 200:
                raise OSError(f"{url} answered {answer.status}")
            async for data in answer.content.iter_any():
                unpacking.write(data)
    except aiohttp.ClientError as error:
        unpacking.close()
        raise OSError(str(error)) from error
    await unpacking.finish()


async def _clone(session: Session, url: str, depth: int | None, revision: str | None) -> None:
    target = session.machine.files.locate(WORKING_DIRECTORY).place
    with tempfile.TemporaryDirectory() as directory:
        clone = str(Path(directory, "clone"))
        options = ["--depth", str(depth)] if depth and not revision else []
        await run_tool("git", "clone", "--quiet", *options, "--", url, clone)
        if revision:
            await run_tool("git", "-C", clone, "checkout", "--quiet", revision)
        await run_tool("cp", "-a", "--", f"{clone}/.", str(target))
    for place in [target, *target.rglob("*")]:
        session.machine.files.give(place)
