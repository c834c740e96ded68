"""How this provider words its refusals: the API in one way, the daemon and the proxy in another."""

import errno
from contextvars import ContextVar
from datetime import UTC, datetime

from aiohttp import web

from cloud.problem import Problem

API, DAEMON, PROXY = "DAYTONA_API", "DAYTONA_DAEMON", "DAYTONA_PROXY"
TOOLBOX = "/toolbox/"
CODES = {400: "BAD_REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED",
         408: "REQUEST_TIMEOUT", 409: "CONFLICT", 410: "GONE", 422: "UNPROCESSABLE_ENTITY", 429: "TOO_MANY_REQUESTS",
         500: "INTERNAL_SERVER_ERROR", 502: "BAD_GATEWAY", 503: "SERVICE_UNAVAILABLE", 504: "GATEWAY_TIMEOUT"}
# Of the API, which has its words from HTTP.
WORDS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
         409: "Conflict", 422: "Unprocessable Entity", 429: "Too Many Requests", 500: "Internal Server Error"}
# Every refusal repeats the request that it answers.
current: ContextVar[web.Request | None] = ContextVar("current", default=None)


def _where() -> dict[str, object]:
    request = current.get()
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {"path": request.path if request else "", "method": request.method if request else "", "timestamp": now}


def refusal(status: int, message: str, code: str | None = None, headers: dict[str, str] | None = None) -> Problem:
    """An error of the API."""
    body = {"statusCode": status, "error": WORDS.get(status, "Http Exception"), "message": message,
            "code": code or CODES.get(status, "INTERNAL_SERVER_ERROR"), "source": API, **_where()}
    return Problem(status, body, headers)


def daemon_refusal(
    status: int, message: str, code: str | None = None, *, source: str = DAEMON, headers: dict[str, str] | None = None
) -> Problem:
    """An error from within a sandbox, or of the proxy before it."""
    body = {"statusCode": status, "message": message, "code": code or CODES.get(status, "INTERNAL_SERVER_ERROR"),
            "source": source, **_where()}
    return Problem(status, body, headers)


def invalid(message: str) -> Problem:
    """A request to the API that is wrong in itself."""
    return refusal(400, message)


def invalid_body(message: str) -> Problem:
    """A request to the daemon that is wrong in itself."""
    return daemon_refusal(400, f"invalid request body: {message}", "INVALID_REQUEST_BODY")


def bad_request(message: str) -> Problem:
    """As the daemon words it."""
    return daemon_refusal(400, f"bad request: {message}")


def changing() -> Problem:
    """A sandbox that is between two states."""
    return refusal(409, "Sandbox state change in progress", "SANDBOX_STATE_CHANGE_IN_PROGRESS")


def no_sandbox(name: str) -> Problem:
    """An id or name that nothing has."""
    return refusal(404, f"Sandbox with ID or name {name} not found")


def asleep() -> Problem:
    """The toolbox or a port of a sandbox that does not run."""
    reason = "failed to resolve container IP after 3 attempts: no IP address found. Is the Sandbox started?"
    return daemon_refusal(400, f"bad request: {reason}", source=PROXY)


def file_refusal(error: OSError, path: str) -> Problem:
    """What a file operation failed with."""
    status, code, message = file_trouble(error, path)
    return daemon_refusal(status, message, code)


def file_trouble(error: OSError, path: str) -> tuple[int, str, str]:
    """Status, code and message of a failed file operation."""
    message = f"{path}: {(error.strerror or str(error)).lower()}"
    if error.errno == errno.ENOENT:
        return 404, "FILE_NOT_FOUND", message
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return 403, "FILE_ACCESS_DENIED", message
    return 400, "BAD_REQUEST", message
