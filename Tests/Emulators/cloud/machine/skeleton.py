"""What lies on a machine's disk before anybody wrote to it."""

import os
from pathlib import Path

from cloud.machine.containment import SHARED
from cloud.machine.user import ROOT, User

LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}
DIRECTORIES = ("dev", "etc", "home", "opt", "proc", "root", "run", "srv", "tmp", "usr", "var", "var/tmp", "var/log")


def lay_out(root: Path, users: list[User], hostname: str) -> None:
    """Makes the directories, links and few files that programs count on."""
    root.mkdir(parents=True)
    root.chmod(0o755)
    for name in DIRECTORIES:
        (root / name).mkdir()
    for name in ("tmp", "var/tmp"):
        (root / name).chmod(0o1777)
    for name, target in LINKS.items():
        if Path("/", name).exists():
            (root / name).symlink_to(target)
    accounts = [ROOT, *users]
    _write(root, "etc/passwd", [f"{u.name}:x:{u.uid}:{u.gid}::{u.home}:/bin/bash" for u in accounts])
    _write(root, "etc/group", [f"{u.name}:x:{u.gid}:" for u in accounts])
    _write(root, "etc/hosts", ["127.0.0.1 localhost", f"127.0.1.1 {hostname}"])
    _write(root, "etc/hostname", [hostname])
    _write(root, "etc/nsswitch.conf", ["passwd: files", "group: files", "hosts: files dns"])
    for shared in SHARED:
        # Places to mount on.
        place = root / shared.lstrip("/")
        if Path(shared).is_dir():
            place.mkdir(parents=True, exist_ok=True)
        elif Path(shared).exists():
            place.touch()
    for user in users:
        own(root, user, user.home)


def own(root: Path, user: User, directory: str) -> None:
    """Makes a directory that belongs to a user."""
    place = root / directory.lstrip("/")
    place.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(place, user.uid, user.gid)


def _write(root: Path, name: str, lines: list[str]) -> None:
    (root / name).write_text("".join(f"{line}\n" for line in lines))
