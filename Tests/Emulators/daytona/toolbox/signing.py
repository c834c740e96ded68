"""URLs of single files, which are signed and so need no other credentials."""

import base64
import hashlib
import hmac
import time
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from daytona.registry import Registry

# What may be signed: method and the end of the path.
SIGNABLE = {("GET", "/files/download"), ("POST", "/files/upload-v2")}


def signed(request: web.Request, registry: "Registry") -> bool:
    """Whether the request has a signature that is right, and still valid."""
    query = request.query
    sandbox = registry.get(request.match_info.get("sandbox", ""))
    end = "/" + "/".join(request.path.split("/")[-2:])
    if sandbox is None or "signature" not in query or (request.method, end) not in SIGNABLE:
        return False
    expires = query.get("expires", "")
    if not expires.isdecimal() or (int(expires) and int(expires) < time.time()):
        return False
    said = f"v1:files:{request.method}:{query.get('path', '')}:{expires}"
    digest = hmac.new(sandbox.signing_key.encode(), said.encode(), hashlib.sha256).digest()
    right = "v1_" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(query["signature"].encode(), right.encode())
