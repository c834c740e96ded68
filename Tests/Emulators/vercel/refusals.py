"""How this provider words its refusals."""

from typing import Any

from cloud.problem import Problem

CODES = {400: "bad_request", 401: "forbidden", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
         409: "conflict", 410: "gone", 422: "unprocessable_entity", 429: "rate_limited"}


def refusal(status: int, message: str, code: str | None = None, **more: Any) -> Problem:
    """An error as every endpoint gives it."""
    return Problem(status, {"error": {"code": code or CODES.get(status, "internal_server_error"), "message": message,
                                      **more}})


def invalid(message: str) -> Problem:
    """A request that is wrong in itself."""
    return refusal(400, message)


def forbidden() -> Problem:
    """Credentials that are wrong or have expired: this provider says 403, not 401."""
    return refusal(403, "Not authorized", invalidToken=True)


def missing(what: str) -> Problem:
    """Something that is not there: a sandbox, a project and a file are all `not_found`."""
    return refusal(404, f"{what} not found")


def stopped() -> Problem:
    """The session is over."""
    return refusal(410, "Sandbox has stopped execution and is no longer available", "sandbox_stopped")


def no_snapshot(message: str = "The snapshot was not found or has expired") -> Problem:
    """There is nothing that a session could be resumed from."""
    return refusal(410, message, "snapshot_not_found")
