"""The machine that is measured, as far as its numbers depend on it."""

import os
import platform
import re
import shutil
import subprocess
import tempfile

# What each program says of itself.
VERSIONS = {
    "nats-server": ["nats-server", "--version"],
    "PostgreSQL": ["psql", "--version"],
    "bubblewrap": ["bwrap", "--version"],
    "Docker": ["dockerd", "--version"],
    "Swift": ["swift", "--version"],
}


def description() -> dict:
    described = {
        "processor": _processor(),
        "processors": os.cpu_count(),
        "memory": _memory(),
        "kernel": platform.release(),
        "system": _system(),
        "filesystem": _filesystem(tempfile.gettempdir()),
        "Python": platform.python_version(),
    }
    described |= {name: _version(command) for name, command in VERSIONS.items()}
    return {"described": described, "commit": _commit(), "loadBefore": os.getloadavg()[0]}


def _processor() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = dict(re.findall(r"^(model name|cpu MHz|hypervisor)\s*: (.*)$", file.read(), re.M))
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        virtual = ", virtual" if "hypervisor" in file.read() else ""
    clock = f" at {float(found['cpu MHz']) / 1000:.1f} GHz" if "cpu MHz" in found else ""
    return found.get("model name", platform.machine()) + clock + virtual


def _memory() -> str:
    with open("/proc/meminfo", encoding="utf-8") as file:
        return f"{int(file.readline().split()[1]) / (1 << 20):.0f} GiB"


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "?")
    except OSError:
        return "?"


def _filesystem(path: str) -> str:
    """Of the temporary directory; boxes lie on a btrfs in a file there, where there can be one."""
    try:
        found = subprocess.check_output(["findmnt", "-n", "-o", "FSTYPE,SOURCE", "-T", path], text=True).split()
    except (OSError, subprocess.CalledProcessError):
        return "?"
    return f"{found[0]} on {os.path.basename(found[-1])}"


def _version(command: list[str]) -> str:
    program = shutil.which(command[0], path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        return "not there"
    try:
        done = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "?"
    found = re.search(r"\d+(?:\.\d+)+\S*", done.stdout)
    return found[0].rstrip(",") if found else "?"


def _commit() -> str:
    """What the tree is at; a plus where it has changes."""
    git = ["git", "-C", os.path.dirname(os.path.abspath(__file__))]
    try:
        name = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout
        changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "?"
    return name.strip() + ("+" if changed.strip() else "")
