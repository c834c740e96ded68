"""Refusals in the form that a provider gives them."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web


class Problem(Exception):
    """Ends a request with that status and body, wherever it is raised."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})

    def response(self) -> web.Response:
        """As HTTP."""
        return web.json_response(self.body, status=self.status, headers=self.headers)
