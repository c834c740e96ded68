"""Files of a session: write, read and make directories. All else is done with commands."""

import asyncio
import contextlib
import errno
from collections.abc import Iterator

from aiohttp import web

from cloud.fields import Fields
from cloud.machine import Located, Machine
from vercel.archive import Unpacking
from vercel.identity import WORKING_DIRECTORY
from vercel.refusals import invalid, missing, stopped
from vercel.registry import Registry
from vercel.session import Session
from vercel.table import Table

GONE = (errno.ENOENT, errno.ENOTDIR)


class Files:
    """The routes below `fs`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add_routes(self, table: Table) -> None:
        """Adds them."""
        base = "/v2/sandboxes/sessions/{session}/fs"
        table.add("POST", base + "/write", self._write)
        table.add("POST", base + "/read", self._read)
        table.add("POST", base + "/mkdir", self._make_directory)

    async def _write(self, request: web.Request) -> web.Response:
        _, session = self._registry.owner(request.match_info["session"])
        machine = await session.usable()
        if request.content_type != "application/gzip":
            raise invalid("a gzip'd tar archive is expected")
        unpacking = Unpacking(machine, request.headers.get("x-cwd", WORKING_DIRECTORY))
        try:
            async for data in request.content.iter_any():
                unpacking.write(data)
            await session.usable()
            with _told(session, "archive"):
                await unpacking.finish()
        finally:
            unpacking.close()
        return web.json_response({})

    async def _read(self, request: web.Request) -> web.StreamResponse:
        _, session = self._registry.owner(request.match_info["session"])
        machine = await session.usable()
        located = await _asked(request, session, machine)
        with _told(session, located.path):
            if located.place.is_dir():
                raise invalid(f"{located.path} is a directory")
            if located.place.exists() and not located.place.is_file():
                raise invalid(f"{located.path} is not a regular file")
            file = located.place.open("rb")
        with file:
            response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
            response.enable_chunked_encoding()
            await response.prepare(request)
            while data := file.read(1 << 18):
                await response.write(data)
                await asyncio.sleep(0)
            await response.write_eof()
        return response

    async def _make_directory(self, request: web.Request) -> web.Response:
        _, session = self._registry.owner(request.match_info["session"])
        machine = await session.usable()
        located = await _asked(request, session, machine, flag="recursive")
        with _told(session, located.path):
            recursive = request["recursive"] is not False
            machine.files.make_directory(located, parents=recursive, exist_ok=recursive)
        return web.json_response({})


async def _asked(request: web.Request, session: Session, machine: Machine, flag: str | None = None) -> Located:
    fields = await Fields.read(request, invalid)
    path, cwd = fields.needed_text("path"), fields.text("cwd")
    if flag:
        request[flag] = fields.flag(flag)
    fields.done()
    base = machine.files.locate(cwd or WORKING_DIRECTORY, base=WORKING_DIRECTORY).path
    with _told(session, path):
        return machine.files.locate(path, base=base)


@contextlib.contextmanager
def _told(session: Session, path: str) -> Iterator[None]:
    """Words what the disk refuses; while the session ends, that is the reason."""
    try:
        yield
    except (OSError, ValueError) as error:
        if session.status != "running":
            raise stopped() from error
        if isinstance(error, OSError) and error.errno in GONE:
            raise missing(f"Path {path}") from error
        raise invalid(f"{path}: {error.strerror if isinstance(error, OSError) else error}") from error
