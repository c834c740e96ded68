"""What a query asks `exec` for."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from cloud.machine import TerminalSize
from sprites.durations import seconds
from sprites.refusals import invalid
from sprites.sprite import USER, Sprite

PARAMETERS = {"cmd", "id", "path", "tty", "stdin", "cols", "rows", "max_run_after_disconnect", "env", "dir",
              "detachable", "cc"}


@dataclass
class Asked:
    """A program and how it shall run; `grace` is how long it may after everybody has left, 0 for ever."""

    argv: list[str]
    program: str
    env: Mapping[str, str]
    directory: str
    terminal: TerminalSize | None
    stdin: bool
    grace: float

    @classmethod
    def parse(cls, request: web.Request) -> "Asked":
        """Reads all parameters; none may be unknown."""
        if unknown := set(request.query) - PARAMETERS:
            raise invalid(f"unknown parameters: {', '.join(sorted(unknown))}")
        query = request.query
        argv = query.getall("cmd", [])
        if not argv:
            raise invalid("no command specified")
        env = {}
        for each in query.getall("env", []):
            name, separator, value = each.partition("=")
            if not separator or not name:
                raise invalid("env must be KEY=VALUE")
            env[name] = value
        tty = _flag(query, "tty", False)
        size = TerminalSize(_number(query, "rows", 24), _number(query, "cols", 80)) if tty else None
        try:
            grace = seconds(query.get("max_run_after_disconnect", "0" if tty else "10s"))
        except ValueError as error:
            raise invalid(str(error)) from None
        directory = query.get("dir") or USER.home
        return cls(argv, query.get("path") or argv[0], env, directory, size, _flag(query, "stdin", tty), grace)


def _flag(query: Mapping[str, str], name: str, default: bool) -> bool:
    value = query.get(name, "true" if default else "false")
    if value not in ("true", "false"):
        raise invalid(f"{name} must be true or false")
    return value == "true"


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name, str(default))
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise invalid(f"{name} must be a number below 65536")
    return int(value)


def resolved(sprite: Sprite, program: str) -> str:
    """Lists show the file that runs, not the word that was asked for."""
    if "/" in program:
        return program
    for folder in ("/usr/local/bin", "/usr/bin", "/bin"):
        if sprite.machine.files.locate(f"{folder}/{program}").place.exists():
            return f"{folder}/{program}"
    return program
