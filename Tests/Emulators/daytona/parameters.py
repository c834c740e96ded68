"""Which parameters each query may have: a wrong one would be passed over in silence otherwise."""

from aiohttp import web

from cloud.problem import Problem
from daytona.previews import PARAMETER
from daytona.refusals import TOOLBOX, bad_request, invalid

ONE = "/api/sandbox/{sandbox}"
BOX = "/toolbox/{sandbox}"
FILTERS = (
    "limit", "id", "name", "labels", "includeErroredDeleted", "includeErroredDestroyed", "includeWarm", "states",
    "snapshots", "isPublic", "isRecoverable", "sort", "order",
)
SIGNATURE = ("path", "expires", "signature")
ALLOWED: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", "/api/sandbox"): ("cursor", *FILTERS),
    ("GET", "/api/sandbox/paginated"): ("page", *FILTERS),
    ("GET", ONE): ("verbose",),
    ("POST", ONE + "/stop"): ("force",),
    ("POST", ONE + "/recover"): ("skipStart",),
    ("GET", ONE + "/forks"): ("includeDestroyed",),
    ("GET", ONE + "/build-logs"): ("follow",),
    ("GET", ONE + "/ports/{port}/signed-preview-url"): ("expiresInSeconds",),
    ("GET", "/api/snapshots"): ("page", "limit", "name", "sourceSandboxId", "sort", "order"),
    ("GET", "/api/snapshots/{id}/build-logs"): ("follow",),
    ("GET", "/api/volumes"): ("includeDeleted",),
    ("GET", BOX + "/files"): ("path", "depth"),
    ("DELETE", BOX + "/files"): ("path", "recursive"),
    ("GET", BOX + "/files/info"): ("path",),
    ("POST", BOX + "/files/folder"): ("path", "mode"),
    ("POST", BOX + "/files/move"): ("source", "destination"),
    ("POST", BOX + "/files/permissions"): ("path", "owner", "group", "mode"),
    ("GET", BOX + "/files/find"): ("path", "pattern"),
    ("GET", BOX + "/files/search"): ("path", "pattern"),
    ("GET", BOX + "/files/download"): SIGNATURE,
    ("POST", BOX + "/files/upload-v2"): SIGNATURE,
    ("GET", BOX + "/process/session/{session}/command/{command}/logs"): ("follow",),
    ("GET", BOX + "/process/pty/create-connect"): ("id", "cols", "rows", "cwd"),
}


def check(request: web.Request) -> Problem | None:
    """What is wrong with the query of a request."""
    resource = request.match_info.route.resource
    if resource is None:
        return None
    unknown = set(request.query) - set(ALLOWED.get((request.method, resource.canonical), ()))
    toolbox = request.path.startswith(TOOLBOX)
    if toolbox:
        unknown.discard(PARAMETER)
    if not unknown:
        return None
    message = f"unknown parameters: {', '.join(sorted(unknown))}"
    return bad_request(message) if toolbox else invalid(message)
