"""Answers that are told line by line, each a JSON object."""

import contextlib
import json

from aiohttp import web


class Lines:
    """A streaming answer of NDJSON."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response

    @classmethod
    async def begin(cls, request: web.Request) -> "Lines":
        """Sends the head."""
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        return cls(response)

    async def add(self, **fields: object) -> None:
        """Sends one line. That nobody listens any more keeps nothing from being done."""
        with contextlib.suppress(ConnectionResetError):
            await self._response.write(json.dumps(fields).encode() + b"\n")

    async def end(self) -> web.StreamResponse:
        """Ends the body."""
        with contextlib.suppress(ConnectionResetError):
            await self._response.write_eof()
        return self._response
