"""Files one at a time: list, info, make, delete, move, permissions."""

import contextlib
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from cloud.machine import Located
from daytona.refusals import bad_request, daemon_refusal, file_refusal
from daytona.registry import Registry
from daytona.sandbox import Sandbox
from daytona.toolbox.access import BASE, opened


class Files:
    """Paths that are not absolute count from the working directory."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_get(BASE + "/files", self._list)
        router.add_delete(BASE + "/files", self._delete)
        router.add_get(BASE + "/files/info", self._info)
        router.add_post(BASE + "/files/folder", self._make_folder)
        router.add_post(BASE + "/files/move", self._move)
        router.add_post(BASE + "/files/permissions", self._set_permissions)

    async def _list(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            path, depth = request.query.get("path") or ".", request.query.get("depth", "1")
            if not depth.isdecimal() or int(depth) < 1:
                raise bad_request("depth must be at least 1")
            with refusing(path):
                top = locate(sandbox, path).place
                found = [_entry(each, top, int(depth)) for each in _within(top, int(depth))]
            return web.json_response(found)

    async def _info(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            path = needed(request, "path")
            with refusing(path):
                located = locate(sandbox, path)
                return web.json_response({**_entry(located.place, located.place.parent, 1),
                                          "name": os.path.basename(located.path) or "/"})

    async def _make_folder(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            path, mode = needed(request, "path"), _mode(request.query.get("mode") or "755")
            with refusing(path):
                located = locate(sandbox, path)
                new = not located.place.exists()
                sandbox.machine.files.make_directory(located, parents=True, exist_ok=True)
                if new:
                    located.place.chmod(mode)
            return web.Response(status=201)

    async def _delete(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            path, recursive = needed(request, "path"), request.query.get("recursive") == "true"
            with refusing(path):
                target = locate(sandbox, path).place
                if target.stat() and target.is_dir() and not recursive:
                    raise bad_request("cannot delete directory without recursive flag")
                sandbox.machine.files.remove(locate(sandbox, path, follow=False), recursive=recursive)
            return web.Response(status=204)

    async def _move(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            source, target = needed(request, "source"), needed(request, "destination")
            with refusing(source):
                moved = locate(sandbox, source, follow=False)
                moved.place.stat()
            with refusing(target):
                to = locate(sandbox, target, follow=False)
                to.place.parent.stat()
                if to.place.exists():
                    raise daemon_refusal(409, "conflict: destination already exists")
                sandbox.machine.files.rename(moved, to)
            return web.Response()

    async def _set_permissions(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            path, query = needed(request, "path"), request.query
            with refusing(path):
                located = locate(sandbox, path)
                located.place.stat()
                if "mode" in query:
                    sandbox.machine.files.change_mode(located, _mode(query["mode"]))
                owner, group = (_account(sandbox, query.get(each), each) for each in ("owner", "group"))
                if (owner, group) != (-1, -1):
                    located.demand_writable()
                    os.chown(located.place, owner, group)
            return web.Response()


def locate(sandbox: Sandbox, path: str, *, follow: bool = True) -> Located:
    """Where a path that a request names lies."""
    return sandbox.machine.files.locate(path, base=sandbox.workdir, follow=follow)


def needed(request: web.Request, name: str) -> str:
    """A parameter that has to be there."""
    value = request.query.get(name, "")
    if not value:
        raise bad_request(f"{name} is required")
    return value


@contextlib.contextmanager
def refusing(path: str) -> Iterator[None]:
    """Tells of what a file operation failed with."""
    try:
        yield
    except ValueError as error:
        raise daemon_refusal(400, str(error), "INVALID_FILE_PATH") from None
    except OSError as error:
        raise file_refusal(error, path) from None


def _within(folder: Path, depth: int) -> Iterator[Path]:
    for each in sorted(folder.iterdir()):
        yield each
        if depth > 1 and each.is_dir() and not each.is_symlink():
            yield from _within(each, depth - 1)


def _entry(place: Path, top: Path, depth: int) -> dict[str, object]:
    # A link whose target is missing is shown itself.
    found = place.stat() if place.exists() else place.lstat()
    modified = datetime.fromtimestamp(found.st_mtime, UTC).isoformat()
    shown: dict[str, object] = {
        "name": place.name, "size": found.st_size, "isDir": stat.S_ISDIR(found.st_mode),
        "mode": stat.filemode(found.st_mode), "permissions": f"{stat.S_IMODE(found.st_mode):04o}",
        "modTime": modified, "modifiedAt": modified, "owner": str(found.st_uid), "group": str(found.st_gid),
    }
    return {**shown, "path": str(place.relative_to(top))} if depth > 1 else shown


def _mode(text: str) -> int:
    try:
        mode = int(text, 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o7777:
        raise bad_request("invalid mode format")
    return mode


def _account(sandbox: Sandbox, name: str | None, kind: str) -> int:
    """The number of a user or group of the machine; -1 for none."""
    if not name:
        return -1
    if name.isdecimal():
        return int(name)
    table = sandbox.machine.root / "etc" / ("passwd" if kind == "owner" else "group")
    for line in table.read_text().splitlines():
        fields = line.split(":")
        if fields[0] == name:
            return int(fields[2])
    raise bad_request(f"invalid {kind}: unknown {name}")
