"""Lists in pages."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from aiohttp import web

from vercel.refusals import invalid

DEFAULT, MOST = 20, 50
Entry = TypeVar("Entry")


def page(
    request: web.Request, entries: Sequence[Entry], name: str, show: Callable[[Entry], dict[str, Any]],
    key: Callable[[Entry], tuple[Any, ...]], *, order: str = "desc", keep: Callable[[Entry], bool] | None = None,
) -> web.Response:
    """One page, sorted by a key that is different for every entry.

    A cursor holds the key of the last entry of its page: what is added or deleted meanwhile moves nothing. What `keep`
    passes over has its place in a page, which may so be empty and have others behind it.
    """
    limit = _limit(request)
    descending = _order(request, order)
    cursor = _cursor(request)
    ordered = sorted(entries, key=key, reverse=descending)
    if cursor is not None:
        try:
            ordered = [entry for entry in ordered if (key(entry) < cursor if descending else key(entry) > cursor)]
        except TypeError:
            raise invalid("cursor is of another list") from None
    shown = ordered[:limit]
    following = _encoded(key(shown[-1])) if len(ordered) > limit else None
    if keep:
        shown = [entry for entry in shown if keep(entry)]
    return web.json_response({
        name: [show(entry) for entry in shown],
        "pagination": {"count": len(shown), "next": following, "prev": None},
    })


def _limit(request: web.Request) -> int:
    value = request.query.get("limit", str(DEFAULT))
    if not value.isdecimal() or not 1 <= int(value) <= MOST:
        raise invalid(f"limit must be between 1 and {MOST}")
    return int(value)


def _order(request: web.Request, default: str) -> bool:
    order = request.query.get("sortOrder", default)
    if order not in ("asc", "desc"):
        raise invalid("sortOrder must be asc or desc")
    return order == "desc"


def _cursor(request: web.Request) -> tuple[Any, ...] | None:
    value = request.query.get("cursor")
    if value is None:
        return None
    try:
        decoded = json.loads(base64.urlsafe_b64decode(value))
    except (ValueError, binascii.Error):
        raise invalid("cursor is invalid") from None
    if not isinstance(decoded, list):
        raise invalid("cursor is invalid")
    return tuple(decoded)


def _encoded(key: tuple[Any, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()
