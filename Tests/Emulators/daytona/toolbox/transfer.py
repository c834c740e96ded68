"""Contents of files, to the sandbox and from it: many in one request, or one."""

import json
import mimetypes
import os
import tempfile
from pathlib import Path
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from cloud.fields import Fields
from cloud.machine import Located
from daytona.refusals import DAEMON, bad_request, file_trouble, invalid_body
from daytona.registry import Registry
from daytona.sandbox import Sandbox
from daytona.toolbox.access import BASE, opened
from daytona.toolbox.files import locate, needed, refusing

BOUNDARY = "DAYTONA-FILE-BOUNDARY"
CHUNK = 1 << 18


class Transfer:
    """Both ways in multipart."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_post(BASE + "/files/bulk-upload", self._upload)
        router.add_post(BASE + "/files/upload-v2", self._upload_one)
        router.add_post(BASE + "/files/bulk-download", self._download)
        router.add_get(BASE + "/files/download", self._download_one)

    async def _upload(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            if not request.content_type.startswith("multipart/"):
                return web.json_response({"errors": ["invalid multipart form"]}, status=400)
            paths: dict[str, str] = {}
            files: list[dict[str, object]] = []
            errors: list[str] = []
            try:
                async for part in await request.multipart():
                    if isinstance(part, BodyPartReader):
                        await _take(sandbox, part, paths, files, errors)
            except ValueError as error:
                errors.append(f"reading part: {error}")
            if errors:
                return web.json_response({"errors": errors, "files": files}, status=400)
            return web.json_response({"files": files})

    async def _upload_one(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            path = needed(request, "path")
            if not request.content_type.startswith("multipart/"):
                raise bad_request("invalid multipart form")
            async for part in await request.multipart():
                if isinstance(part, BodyPartReader) and part.name == "file":
                    with refusing(path):
                        await _write(sandbox, path, part)
                    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
                    return web.json_response({"name": os.path.basename(path), "path": path, "type": kind})
            raise bad_request("file is required")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        async with opened(self._registry, request) as sandbox:
            fields = await Fields.read(request, invalid_body)
            paths = fields.texts("paths")
            fields.done()
            if not paths:
                raise bad_request("request body must be {\"paths\": [ ... ]} and non-empty")
            response = web.StreamResponse(headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
            await response.prepare(request)
            for path in paths:
                await _send_part(sandbox, response, path)
            await response.write(f"--{BOUNDARY}--\r\n".encode())
            await response.write_eof()
            return response

    async def _download_one(self, request: web.Request) -> web.StreamResponse:
        async with opened(self._registry, request) as sandbox:
            path = needed(request, "path")
            with refusing(path):
                located = _file(sandbox, path)
                size = located.place.stat().st_size
            name = quote(os.path.basename(path))
            response = web.StreamResponse(headers={
                "Content-Type": "application/octet-stream", "Content-Disposition": f"attachment; filename={name}",
            })
            response.content_length = size
            await response.prepare(request)
            await _send(response, located, size)
            await response.write_eof()
            return response


async def _take(
    sandbox: Sandbox, part: BodyPartReader, paths: dict[str, str], files: list[dict[str, object]], errors: list[str]
) -> None:
    """One part of an upload: first the path of a file, then, under the same number, the file."""
    number, _, kind = (part.name or "").removeprefix("files[").partition("].")
    if kind == "path":
        path = (await part.text()).strip()
        if path:
            paths[number] = path
        else:
            errors.append(f"path[{number}]: empty path")
    elif kind == "file":
        if number not in paths:
            errors.append(f"file[{number}]: missing .path metadata")
            await part.release()
            return
        path = paths[number]
        try:
            files.append({"path": path, "bytes": await _write(sandbox, path, part)})
        except OSError as error:
            errors.append(f"{path}: {error.strerror or error}")
            await part.release()


async def _write(sandbox: Sandbox, path: str, part: BodyPartReader) -> int:
    """Beside the file first: who reads it sees the old or the new one."""
    files = sandbox.machine.files
    located = locate(sandbox, path)
    parent = files.locate(os.path.dirname(located.path))
    located.demand_writable()
    files.make_directory(parent, parents=True, exist_ok=True)
    if located.place.is_dir():
        raise IsADirectoryError(21, "is a directory", path)
    descriptor, name = tempfile.mkstemp(prefix=".daytona-upload-", dir=parent.place)
    beside, size = Path(name), 0
    try:
        with os.fdopen(descriptor, "wb") as file:
            while data := await part.read_chunk(CHUNK):
                size += file.write(data)
        beside.chmod(0o644)
        files.give(beside)
        beside.rename(located.place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return size


async def _send_part(sandbox: Sandbox, response: web.StreamResponse, path: str) -> None:
    try:
        located = _file(sandbox, path)
        size = located.place.stat().st_size
        readable = located.place.open("rb")
        readable.close()
    except (OSError, ValueError) as error:
        status, code, message = 400, "INVALID_FILE_PATH", str(error)
        if isinstance(error, OSError):
            status, code, message = file_trouble(error, path)
        body = json.dumps({"statusCode": status, "message": message, "code": code, "source": DAEMON}).encode()
        await response.write(_head("error", path, "application/json", len(body)) + body + b"\r\n")
        return
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    await response.write(_head("file", path, kind, size))
    await _send(response, located, size)
    await response.write(b"\r\n")


def _file(sandbox: Sandbox, path: str) -> Located:
    located = locate(sandbox, path)
    if located.place.is_dir():
        raise IsADirectoryError(21, "path is a directory", path)
    return located


async def _send(response: web.StreamResponse, located: Located, size: int) -> None:
    """Exactly so many bytes as were promised."""
    with located.place.open("rb") as file:
        while size and (data := file.read(min(CHUNK, size))):
            await response.write(data)
            size -= len(data)


def _head(name: str, path: str, kind: str, size: int) -> bytes:
    shown = path.replace("\\", "\\\\").replace('"', '\\"')
    disposition = f'form-data; name="{name}"; filename="{shown}"'
    if not path.isascii():
        disposition += f"; filename*=UTF-8''{quote(path, safe='')}"
    return (
        f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n\r\n"
    ).encode()
