"""Saving a workspace of 1 GiB in 100,000 files, and making boxes from what was saved."""

import shutil
import subprocess
import tempfile
import time

from .bench import Bench, Contenders
from .raw import Missing
from .samples import Samples

FILES = 100_000
# Random bytes, so that no filesystem gains by compressing them: 1 GiB in all.
SIZE = (1 << 30) // FILES
SECTION = "A workspace of 1 GiB in 100,000 files"
BUDGET = 30
ROUNDS = 3
EACH = 5
DIRTY = 64 << 20

FILL = f"""
import os
block = os.urandom(1 << 20)
for folder in range(100):
    os.makedirs("files/%d" % folder, exist_ok=True)
    for file in range({FILES // 100}):
        start = (folder * 7919 + file * 104729) % ((1 << 20) - {SIZE})
        with open("files/%d/%d" % (folder, file), "wb") as target:
            target.write(block[start:start + {SIZE}])
os.sync()
"""
DIGEST = "find files -type f | sort | xargs sha256sum | sha256sum"


def measure(bench: Bench) -> None:
    fleet = bench.fleet
    sandbox = fleet.create()
    run(fleet, sandbox, ["python3", "-c", FILL])
    digest = run(fleet, sandbox, ["sh", "-c", DIGEST])
    first = checkpoint(fleet, sandbox)
    samples: dict[str, Samples] = {}
    contenders = Contenders(bench)
    contenders.add("checkpoint", lambda: timed(EACH, lambda: fleet.call("DELETE", path(sandbox, checkpoint(fleet, sandbox)))))
    contenders.add("restore", lambda: timed(EACH, lambda: restore(fleet, sandbox, first)))
    contenders.add("fork", lambda: forked(fleet, sandbox, first, {}))
    contenders.add("create from it to first command", lambda: forked(fleet, sandbox, first, {"command": "true", "args": []}))
    contenders.add("raw: cp -a of as many files", lambda: copied(bench))
    contenders.run(ROUNDS, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
    budgets = {"checkpoint": BUDGET, "restore": BUDGET, "fork": BUDGET, "create from it to first command": 40}
    for name, taken in samples.items():
        beside = "fork" if name.startswith("raw:") else None
        bench.report.times(SECTION, name, taken, budget=budgets.get(name), beside=beside)
    dirty = Samples()
    for _ in range(ROUNDS):
        run(fleet, sandbox, ["sh", "-c", f"head -c {DIRTY} /dev/urandom > dirty"])
        dirty.add(timed(1, lambda: checkpoint(fleet, sandbox)))
    bench.report.times(SECTION, f"checkpoint with {DIRTY >> 20} MiB not yet on disk", dirty)
    restore(fleet, sandbox, first)
    if run(fleet, sandbox, ["sh", "-c", DIGEST]) != digest:
        raise RuntimeError("what was restored is not what was saved")
    fleet.delete(sandbox)


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


def copied(bench: Bench) -> list[int]:
    """What it costs where nothing shares: one copy, as the budget's own reference."""
    if shutil.which("cp") is None:
        raise Missing("there is no cp")
    with tempfile.TemporaryDirectory(dir=bench.directory) as folder:
        subprocess.run(["python3", "-c", FILL], cwd=folder, check=True)
        began = time.perf_counter_ns()
        subprocess.run(["cp", "-a", "files", "copy"], cwd=folder, check=True)
        return [time.perf_counter_ns() - began]
