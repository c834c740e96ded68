"""What keeps a machine's programs to themselves."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cloud.machine.user import User

PYTHON = "/usr/bin/python3"
# Directories of the host that every machine sees, and cannot change.
SHARED = ("/usr", "/etc/alternatives", "/etc/ssl", "/etc/ld.so.cache")
# What root may do in a machine: roughly what a container may.
CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID", "SYS_CHROOT",
)


@dataclass(frozen=True)
class Containment:
    """Either a bubblewrap box with namespaces of its own, or a mere directory on hosts that allow no more."""

    boxed: bool

    @classmethod
    def best(cls) -> "Containment":
        """A box if one can be made here."""
        if not shutil.which("bwrap") or not Path(PYTHON).exists():
            return cls(False)
        command = [*cls._flags(None), "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "/usr/bin/true"]
        tried = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=10)
        return cls(tried.returncode == 0)

    @staticmethod
    def _flags(user: User | None) -> list[str]:
        flags = ["bwrap", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net", "--die-with-parent"]
        if os.geteuid() == 0:
            flags += ["--cap-drop", "ALL"]
            for capability in CAPABILITIES:
                flags += ["--cap-add", f"CAP_{capability}"]
        else:
            flags += ["--unshare-user"]
            if user:
                flags += ["--uid", str(user.uid), "--gid", str(user.gid)]
        return flags

    def command(
        self, root: Path, user: User, hostname: str, program: int, control: int, mounts: Mapping[str, Path]
    ) -> list[str]:
        """How `init.py`, which the descriptor `program` holds, is started on a machine."""
        init = [PYTHON, "-I", "-S", f"/proc/self/fd/{program}", str(control), "boxed" if self.boxed else "open"]
        if not self.boxed:
            return init
        flags = self._flags(user)
        flags += ["--as-pid-1", "--hostname", hostname, "--bind", str(root), "/"]
        for directory in SHARED:
            if Path(directory).exists():
                flags += ["--ro-bind", directory, directory]
        for path, place in sorted(mounts.items()):
            flags += ["--bind", str(place), path]
        flags += ["--proc", "/proc", "--dev", "/dev", "--chdir", "/"]
        return [*flags, "--", *init]

    def inside(self, root: Path, path: str) -> str:
        """How a program on the machine names that path of it."""
        return path if self.boxed else str(root) + path
