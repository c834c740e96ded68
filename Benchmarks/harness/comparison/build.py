"""The executables of a commit."""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
TREES = os.path.join(ROOT, ".build", "bench-trees")


def executables(name: str) -> tuple[str, str]:
    """A folder of them as it is, or a commit, built beside this tree; what to call it, and the folder."""
    if os.path.exists(os.path.join(name, "sandfleet")):
        return name, os.path.realpath(name)
    git = ["git", "-C", ROOT]
    found = subprocess.run(
        [*git, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"], capture_output=True, text=True, check=False
    )
    if found.returncode != 0:
        raise RuntimeError(f"{name} is neither a folder of executables nor a commit")
    commit = found.stdout.strip()
    tree = os.path.join(TREES, commit[:12])
    if not os.path.isdir(tree):
        subprocess.run([*git, "worktree", "prune"], check=True)
        subprocess.run([*git, "worktree", "add", "--quiet", "--detach", tree, commit], check=True)
    print(f"Building {name} ({commit[:12]}) in {os.path.relpath(tree, ROOT)} …", flush=True)
    swift = os.environ.get("SWIFT", "swift")
    subprocess.run([swift, "build", "-c", "release", "--package-path", tree], check=True)
    folder = subprocess.check_output(
        [swift, "build", "-c", "release", "--package-path", tree, "--show-bin-path"], text=True
    ).strip()
    return f"{name} ({commit[:12]})", folder
