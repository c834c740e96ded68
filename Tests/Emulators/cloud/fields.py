"""Reading JSON objects as strictly as a typed server does."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from cloud.problem import Problem

Refuse = Callable[[str], Problem]


class Fields:
    """The fields of one object, each of a type, none unknown. `refuse` makes the provider's 400 of a sentence."""

    def __init__(self, value: Any, refuse: Refuse, where: str = "body") -> None:
        if not isinstance(value, dict):
            raise refuse(f"{where} must be an object")
        self._left: dict[str, Any] = dict(value)
        self._refuse = refuse
        self._where = where

    @classmethod
    async def read(cls, request: web.Request, refuse: Refuse, *, optional: bool = False) -> "Fields":
        """The body of a request; with `optional`, none at all is an empty object."""
        content = await request.read()
        if not content and optional:
            return cls({}, refuse)
        try:
            return cls(json.loads(content), refuse)
        except ValueError:
            raise refuse("body is not JSON") from None

    def text(self, name: str, default: str | None = None, *, allowed: tuple[str, ...] = ()) -> str | None:
        """A string, or one of those that are allowed."""
        value: str | None = self._take(name, str, default)
        if value is not None and allowed and value not in allowed:
            raise self._refuse(f"{self._where}.{name} must be one of {', '.join(allowed)}")
        return value

    def needed_text(self, name: str) -> str:
        """A string that has to be there and to have content."""
        value = self.text(name)
        if not value:
            raise self._refuse(f"{self._where}.{name} is required")
        return value

    def integer(self, name: str, default: int | None = None, *, least: int | None = None) -> int | None:
        """A whole number; true and false are none."""
        value: int | None = self._take(name, int, default)
        if isinstance(value, bool) or (value is not None and least is not None and value < least):
            raise self._refuse(f"{self._where}.{name} is no valid number")
        return value

    def number(self, name: str, default: float | None = None) -> float | None:
        """Any number."""
        value: float | None = self._take(name, (int, float), default)
        if isinstance(value, bool):
            raise self._refuse(f"{self._where}.{name} is no valid number")
        return value

    def flag(self, name: str, default: bool | None = None) -> bool | None:
        """True or false."""
        value: bool | None = self._take(name, bool, default)
        return value

    def texts(self, name: str, default: list[str] | None = None) -> list[str] | None:
        """A list of strings."""
        value: list[str] | None = self._take(name, list, default)
        if value is not None and not all(isinstance(each, str) for each in value):
            raise self._refuse(f"{self._where}.{name} must be strings")
        return value

    def text_map(self, name: str, default: Mapping[str, str] | None = None) -> dict[str, str] | None:
        """An object whose values are strings."""
        value: dict[str, str] | None = self._take(name, dict, default)
        if value is not None and not all(isinstance(each, str) for each in value.values()):
            raise self._refuse(f"{self._where}.{name} must have strings as values")
        return value

    def object(self, name: str) -> "Fields | None":
        """An object within, to be read in turn."""
        value = self._take(name, dict, None)
        return None if value is None else Fields(value, self._refuse, f"{self._where}.{name}")

    def objects(self, name: str) -> "list[Fields] | None":
        """A list of objects."""
        value = self._take(name, list, None)
        if value is None:
            return None
        return [Fields(each, self._refuse, f"{self._where}.{name}[{i}]") for i, each in enumerate(value)]

    def anything(self, name: str) -> Any:
        """Whatever is there."""
        return self._left.pop(name, None)

    @property
    def names(self) -> list[str]:
        """Of the fields that have not been read yet."""
        return list(self._left)

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def done(self) -> None:
        """All has been read that may be there; what is left is wrong."""
        if self._left:
            raise self._refuse(f"{self._where} has unknown fields: {', '.join(sorted(self._left))}")

    def _take(self, name: str, kind: type | tuple[type, ...], default: Any) -> Any:
        value = self._left.pop(name, None)
        if value is None:
            return default
        if not isinstance(value, kind):
            raise self._refuse(f"{self._where}.{name} has the wrong type")
        return value
