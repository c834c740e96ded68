"""Teams, projects and tokens: who may ask for what."""

import argparse
import base64
import binascii
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from vercel.refusals import forbidden, missing, refusal


class Account:
    """Knows the tokens, teams and projects of the command line.

    A token that is a JWT is taken for an OIDC token: its `exp`, `owner_id` and `project_id` count as well.
    """

    def __init__(self, options: argparse.Namespace, now: Callable[[], datetime]) -> None:
        self._tokens: list[str] = options.token
        self._teams: list[str] = options.team or ["team_emulated"]
        self._projects: list[str] = options.project or ["prj_emulated"]
        self._now = now

    def knows(self, request: web.Request) -> bool:
        """Whether the bearer token is one of ours and has not expired."""
        token = _bearer(request)
        if not any(hmac.compare_digest(token.encode(), known.encode()) for known in self._tokens):
            return False
        expiry = _claims(token).get("exp")
        return not isinstance(expiry, int | float) or expiry > self._now().timestamp()

    def check_team(self, request: web.Request) -> None:
        """Every call names its team."""
        team = request.query.get("teamId")
        owner = _claims(_bearer(request)).get("owner_id")
        if team is None or team not in self._teams or owner not in (None, team):
            raise forbidden() if team is None else refusal(403, "You don't have permission to access this team")

    def project(self, request: web.Request, name: str | None) -> str:
        """The project of a call; one that is not ours is not found, as if its sandboxes were gone."""
        claimed = _claims(_bearer(request)).get("project_id")
        if not name:
            raise refusal(400, "projectId is required")
        if name not in self._projects or claimed not in (None, name):
            raise missing("Project")
        return name


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}
