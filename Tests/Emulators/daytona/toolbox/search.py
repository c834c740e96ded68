"""Looking for text within files and for files by name, and replacing text."""

import re
from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from cloud.fields import Fields
from daytona.refusals import bad_request, invalid_body
from daytona.registry import Registry
from daytona.toolbox.access import BASE, opened
from daytona.toolbox.files import locate, needed, refusing


class Search:
    """Binary files are passed over."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds them."""
        router.add_get(BASE + "/files/find", self._find)
        router.add_get(BASE + "/files/search", self._search)
        router.add_post(BASE + "/files/replace", self._replace)

    async def _find(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            path, pattern = needed(request, "path"), needed(request, "pattern")
            with refusing(path):
                top = locate(sandbox, path)
                top.place.stat()
                found = [
                    {"file": _shown(path, top.place, place), "line": number, "content": line}
                    for place in _files(top.place)
                    for number, line in enumerate((_text(place) or "").splitlines(), 1)
                    if pattern in line
                ]
            return web.json_response(found)

    async def _search(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            path, pattern = needed(request, "path"), needed(request, "pattern")
            matching = _glob(pattern)
            with refusing(path):
                top = locate(sandbox, path).place
                top.stat()
                found = [
                    _shown(path, top, place) for place in _files(top) if matching.fullmatch(str(place.relative_to(top)))
                ]
            return web.json_response({"files": found})

    async def _replace(self, request: web.Request) -> web.Response:
        async with opened(self._registry, request) as sandbox:
            fields = await Fields.read(request, invalid_body)
            files, pattern = fields.texts("files") or [], fields.needed_text("pattern")
            value = fields.text("newValue")
            fields.done()
            if value is None:
                raise bad_request("newValue is required")
            results: list[dict[str, object]] = []
            for name in files:
                try:
                    located = locate(sandbox, name)
                    content = located.place.read_bytes().replace(pattern.encode(), value.encode())
                    located.demand_writable()
                    located.place.write_bytes(content)
                    results.append({"file": name, "success": True})
                except (OSError, ValueError) as error:
                    results.append({"file": name, "success": False, "error": str(error)})
            return web.json_response(results)


def _files(top: Path) -> Iterator[Path]:
    if top.is_file():
        yield top
        return
    for place in sorted(top.rglob("*")):
        if place.is_file() and not place.is_symlink():
            yield place


def _text(place: Path) -> str | None:
    content = place.read_bytes()
    return None if b"\0" in content[:512] else content.decode(errors="replace")


def _shown(path: str, top: Path, place: Path) -> str:
    return path if place == top else f"{path.rstrip('/')}/{place.relative_to(top)}"


def _glob(pattern: str) -> re.Pattern[str]:
    """`**` for any folders, `*` and `?` within a name, `{a,b}` for either."""
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    depth, expression = 0, ""
    for word in re.findall(r"\*\*/|\*\*|.", pattern):
        depth += {"{": 1, "}": -1}.get(word, 0)
        within = {"{": "(?:", "}": ")", **({",": "|"} if depth else {})}
        expression += parts.get(word) or within.get(word) or re.escape(word)
    try:
        return re.compile(expression)
    except re.error:
        raise bad_request(f"invalid glob pattern: {pattern}") from None
