"""Saving a workspace, and making boxes from what was saved."""

import shutil
import subprocess
import tempfile
import time

from ..bench import Bench, Contenders
from ..growth.point import Point
from ..raw import Missing
from ..samples import Samples
from .workspace import BY_FILES, WORKSPACES, Workspace

CREATE = "create from it to first command"
# Milliseconds.
CREATE_BUDGET = 40
ROUNDS = 4
EACH = 5
DIRTY = 64 << 20
COPY = "raw: cp -a of as many files"
GROWTH = "Workspaces of more and more files"
DIGEST = "find files -type f | sort | xargs sha256sum | sha256sum"


def measure(bench: Bench) -> None:
    found: dict[str, dict[str, Samples]] = {}
    for workspace in WORKSPACES:
        found[workspace.name] = at(bench, workspace)
    for name in ("checkpoint", "restore", "fork", CREATE):
        points = [Point.of_times(each.files, found[each.name][name]) for each in BY_FILES]
        bench.report.curve(GROWTH, name, points, "files", "ms", "time", at_most=["constant", "log"])


def at(bench: Bench, workspace: Workspace) -> dict[str, Samples]:
    fleet, section = bench.fleet, workspace.section
    sandbox = fleet.create()
    run(fleet, sandbox, ["python3", "-c", workspace.fill])
    digest = run(fleet, sandbox, ["sh", "-c", DIGEST])
    first = checkpoint(fleet, sandbox)
    samples: dict[str, Samples] = {}
    keep = lambda name, taken: samples.setdefault(name, Samples()).add(taken)
    contenders = Contenders(bench)
    contenders.add("checkpoint", lambda: checkpoints(fleet, sandbox))
    contenders.add("restore", lambda: timed(EACH, lambda: restore(fleet, sandbox, first)))
    contenders.add("fork", lambda: forked(fleet, sandbox, first, {}))
    contenders.add(CREATE, lambda: forked(fleet, sandbox, first, {"command": "true", "args": []}))
    contenders.run(ROUNDS, keep)
    # Once: it takes longer than all the others, and what it leaves to be written would be in their way.
    copies = Contenders(bench)
    copies.add(COPY, lambda: copied(bench, workspace))
    copies.run(1, keep)
    for name, taken in samples.items():
        budget = None if name == COPY else CREATE_BUDGET if name == CREATE else workspace.budget
        bench.report.times(section, name, taken, budget=budget, beside="fork" if name == COPY else None)
    if workspace == WORKSPACES[-1]:
        dirty(bench, section, sandbox)
    restore(fleet, sandbox, first)
    if run(fleet, sandbox, ["sh", "-c", DIGEST]) != digest:
        raise RuntimeError("what was restored is not what was saved")
    fleet.delete(sandbox)
    return samples


def dirty(bench: Bench, section: str, sandbox: str) -> None:
    """Files that are not on disk yet have to get there first."""
    samples = Samples()
    for _ in range(ROUNDS):
        run(bench.fleet, sandbox, ["sh", "-c", f"head -c {DIRTY} /dev/urandom > dirty"])
        samples.add(timed(1, lambda: checkpoint(bench.fleet, sandbox)))
    bench.report.times(section, f"checkpoint with {DIRTY >> 20} MiB not yet on disk", samples)


def checkpoints(fleet, sandbox: str) -> list[int]:
    """Each is deleted again, which is not measured."""
    taken = []
    for _ in range(EACH):
        began = time.perf_counter_ns()
        made = checkpoint(fleet, sandbox)
        taken.append(time.perf_counter_ns() - began)
        fleet.call("DELETE", path(sandbox, made))
    return taken


def run(fleet, sandbox: str, arguments: list[str]) -> str:
    body = {"command": arguments[0], "args": arguments[1:], "timeoutMs": 300_000}
    answer = fleet.call("POST", f"/v1/sandboxes/{sandbox}/commands", body)
    if answer["exitCode"] != 0:
        raise RuntimeError(f"{arguments[0]}: {answer['stderr'][-500:]}")
    return answer["stdout"]


def path(sandbox: str, checkpoint: str) -> str:
    return f"/v1/sandboxes/{sandbox}/checkpoints/{checkpoint}"


def checkpoint(fleet, sandbox: str) -> str:
    return fleet.call("POST", f"/v1/sandboxes/{sandbox}/checkpoints", {})["id"]


def restore(fleet, sandbox: str, saved: str) -> None:
    fleet.call("POST", path(sandbox, saved) + "/restore", {})


def forked(fleet, sandbox: str, saved: str, command: dict) -> list[int]:
    taken = []
    for _ in range(EACH):
        began = time.perf_counter_ns()
        fork = fleet.call("POST", f"/v1/sandboxes/{sandbox}/fork", {"checkpoint": saved})["id"]
        if command:
            fleet.call("POST", f"/v1/sandboxes/{fork}/commands", command)
        taken.append(time.perf_counter_ns() - began)
        fleet.delete(fork)
    return taken


def timed(count: int, body) -> list[int]:
    taken = []
    for _ in range(count):
        began = time.perf_counter_ns()
        body()
        taken.append(time.perf_counter_ns() - began)
    return taken


def copied(bench: Bench, workspace: Workspace) -> list[int]:
    """What it costs where nothing shares: one copy, as the budget's own reference."""
    if shutil.which("cp") is None:
        raise Missing("there is no cp")
    with tempfile.TemporaryDirectory(dir=bench.directory) as folder:
        subprocess.run(["python3", "-c", workspace.fill], cwd=folder, check=True)
        began = time.perf_counter_ns()
        subprocess.run(["cp", "-a", "files", "copy"], cwd=folder, check=True)
        return [time.perf_counter_ns() - began]
