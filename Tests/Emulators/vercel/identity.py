"""Ids, times and accounts as Vercel Sandbox has them."""

import secrets
import string
from datetime import datetime

from cloud.machine import ROOT, User

USER = User("vercel-sandbox", 1000, 1000, "/home/vercel-sandbox")
WORKING_DIRECTORY = "/vercel/sandbox"
PATH = "/vercel/runtimes/node24/bin:/vercel/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What `sudo` leaves in the environment of a program.
SUDO = {"USER": ROOT.name, "LOGNAME": ROOT.name, "SUDO_USER": USER.name, "SUDO_UID": str(USER.uid),
        "SUDO_GID": str(USER.gid)}
ALPHABET = string.ascii_letters + string.digits


def new_id(kind: str) -> str:
    """`sbx_` and the like, with enough behind it to be unique."""
    return f"{kind}_{''.join(secrets.choice(ALPHABET) for _ in range(28))}"


def new_subdomain() -> str:
    """The first label of a port's host name."""
    return f"sb-{secrets.token_hex(6)}"


def milliseconds(moment: datetime) -> int:
    """Since the epoch."""
    return int(moment.timestamp() * 1000)
