"""How this provider words its refusals."""

import errno

from cloud.problem import Problem

CODES = {400: "invalid_request", 401: "unauthorized", 404: "not_found", 405: "method_not_allowed", 409: "conflict",
         429: "rate_limited"}
# Error numbers that clients are told by name, and the status that goes with each.
ERRNO_STATUS = {
    errno.ENOENT: 404, errno.EISDIR: 400, errno.ENOTDIR: 400, errno.EACCES: 403, errno.EPERM: 403,
    errno.EROFS: 403, errno.EEXIST: 409, errno.ENOTEMPTY: 409, errno.ELOOP: 400, errno.ENAMETOOLONG: 400,
}


def refusal(status: int, message: str, code: str | None = None, **more: object) -> Problem:
    """An error of the control plane."""
    return Problem(status, {"error": code or CODES.get(status, "internal_error"), "message": message, **more})


def invalid(message: str) -> Problem:
    """A request that is wrong in itself."""
    return refusal(400, message, errors=[message])


def no_sprite(name: str) -> Problem:
    """A name that nothing has."""
    return refusal(404, f"sprite not found: {name}")


def limited(code: str, message: str, limit: int, window: int, retry_after: int, count: int) -> Problem:
    """One of the two limits, told in body and headers."""
    body = {
        "error": code, "message": message, "limit": limit, "window_seconds": window,
        "retry_after_seconds": retry_after, "current_count": count, "upgrade_available": False,
    }
    headers = {"Retry-After": str(retry_after), "X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": "0",
               "X-RateLimit-Reset": str(retry_after)}
    return Problem(429, body, headers)


def file_refusal(error: OSError, path: str) -> Problem:
    """What a file operation failed with."""
    number = error.errno or errno.EIO
    body = {"error": error.strerror or str(error), "code": errno.errorcode.get(number, "EIO"), "path": path}
    return Problem(ERRNO_STATUS.get(number, 500), body)
