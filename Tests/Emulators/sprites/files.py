"""Files of a sprite over HTTP."""

import contextlib
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from cloud.fields import Fields
from cloud.machine import Located
from sprites.refusals import file_refusal, invalid
from sprites.registry import Registry
from sprites.sprite import Sprite

CHUNK = 256 * 1024


class Files:
    """The routes below `fs`. Paths are relative to `workingDir`, which is `/` unless it is given."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_get("/v1/sprites/{name}/fs/read", self._read)
        router.add_put("/v1/sprites/{name}/fs/write", self._write)
        router.add_get("/v1/sprites/{name}/fs/list", self._list)
        router.add_delete("/v1/sprites/{name}/fs/delete", self._delete)
        router.add_post("/v1/sprites/{name}/fs/rename", self._rename)
        router.add_post("/v1/sprites/{name}/fs/copy", self._copy)
        router.add_post("/v1/sprites/{name}/fs/chmod", self._chmod)

    async def _read(self, request: web.Request) -> web.StreamResponse:
        sprite = self._registry.find(request)
        path = _query(request)
        async with sprite.used():
            with _refusing(path):
                file = _locate(sprite, request, path).place.open("rb")
            with file:
                size = os.fstat(file.fileno()).st_size
                response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
                response.content_length = size
                await response.prepare(request)
                left = size
                # As long as it was when the head was sent, even if it grows.
                while left and (data := file.read(min(CHUNK, left))):
                    await response.write(data)
                    left -= len(data)
                await response.write_eof()
                return response

    async def _write(self, request: web.Request) -> web.Response:
        sprite = self._registry.find(request)
        path = _query(request, "mode", "mkdir", "mkdirParents")
        mode = _mode(request.query.get("mode", "0644"))
        parents = "true" in (request.query.get("mkdirParents"), request.query.get("mkdir"))
        async with sprite.used():
            size = 0
            with _refusing(path):
                located = _locate(sprite, request, path)
                if parents:
                    above = sprite.machine.files.locate(os.path.dirname(located.path))
                    sprite.machine.files.make_directory(above, parents=True, exist_ok=True)
                with sprite.machine.files.replacing(located, mode) as file:
                    async for data in request.content.iter_any():
                        file.write(data)
                        size += len(data)
            return web.json_response({"path": located.path, "size": size, "mode": f"{mode:04o}"})

    async def _list(self, request: web.Request) -> web.Response:
        sprite = self._registry.find(request)
        path = _query(request)
        async with sprite.used():
            with _refusing(path):
                located = _locate(sprite, request, path)
                if located.place.is_dir():
                    entries = [_entry(located.path, each) for each in sorted(located.place.iterdir())]
                else:
                    entries = [_entry(os.path.dirname(located.path), located.place)]
            return web.json_response({"path": located.path, "entries": entries, "count": len(entries)})

    async def _delete(self, request: web.Request) -> web.Response:
        sprite = self._registry.find(request)
        path = _query(request, "recursive")
        recursive = request.query.get("recursive", "false") == "true"
        async with sprite.used():
            with _refusing(path):
                located = _locate(sprite, request, path, follow=False)
                sprite.machine.files.remove(located, recursive=recursive)
            return web.json_response({"deleted": [located.path], "count": 1})

    async def _rename(self, request: web.Request) -> web.Response:
        sprite = self._registry.find(request)
        fields = await Fields.read(request, invalid)
        source, target, base = fields.needed_text("source"), fields.needed_text("dest"), _working(fields)
        fields.done()
        async with sprite.used():
            files = sprite.machine.files
            with _refusing(source):
                renamed = files.locate(source, base=base, follow=False)
                files.rename(renamed, files.locate(target, base=base, follow=False))
            return web.json_response({"source": source, "dest": target})

    async def _copy(self, request: web.Request) -> web.Response:
        sprite = self._registry.find(request)
        fields = await Fields.read(request, invalid)
        source, target, base = fields.needed_text("source"), fields.needed_text("dest"), _working(fields)
        recursive = fields.flag("recursive", False) or False
        fields.done()
        async with sprite.used():
            files = sprite.machine.files
            with _refusing(source):
                copied = files.locate(target, base=base)
                files.copy(files.locate(source, base=base), copied, recursive=recursive)
                count = 1 + sum(len(folders) + len(names) for _, folders, names in os.walk(copied.place))
            return web.json_response({"source": source, "dest": target, "count": count})

    async def _chmod(self, request: web.Request) -> web.Response:
        sprite = self._registry.find(request)
        fields = await Fields.read(request, invalid)
        path, base = fields.needed_text("path"), _working(fields)
        mode = _mode(fields.needed_text("mode"))
        recursive = fields.flag("recursive", False)
        fields.done()
        async with sprite.used():
            files = sprite.machine.files
            with _refusing(path):
                located = files.locate(path, base=base)
                places = [located.place]
                if recursive:
                    places += [each for each in located.place.rglob("*") if not each.is_symlink()]
                located.demand_writable()
                for place in places:
                    place.chmod(mode)
            return web.json_response({"path": located.path, "mode": f"{mode:04o}", "count": len(places)})


def _query(request: web.Request, *more: str) -> str:
    """The path, once nothing else is wrong with the query."""
    if unknown := set(request.query) - {"path", "workingDir", *more}:
        raise invalid(f"unknown parameters: {', '.join(sorted(unknown))}")
    path = request.query.get("path", "")
    if not path:
        raise invalid("path is required")
    return path


def _locate(sprite: Sprite, request: web.Request, path: str, *, follow: bool = True) -> Located:
    return sprite.machine.files.locate(path, base=request.query.get("workingDir") or "/", follow=follow)


def _working(fields: Fields) -> str:
    return fields.text("workingDir", "/") or "/"


def _mode(text: str) -> int:
    try:
        mode = int(text, 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o7777:
        raise invalid("mode must be octal")
    return mode


def _entry(folder: str, place: Path) -> dict[str, object]:
    found = place.lstat()
    return {
        "name": place.name, "path": os.path.join(folder, place.name), "size": found.st_size,
        "mode": f"{stat.S_IMODE(found.st_mode):04o}", "isDir": stat.S_ISDIR(found.st_mode),
        "modTime": datetime.fromtimestamp(found.st_mtime, UTC).isoformat(),
    }


@contextlib.contextmanager
def _refusing(path: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise invalid(str(error)) from error
    except OSError as error:
        raise file_refusal(error, path) from error
