"""What an empty fleet and an idle box hold."""

import statistics
import time

from . import memory
from .bench import Bench

FLEET = "An empty fleet"
BOX = "A warm idle box"
BOXES = 5


def fleet(bench: Bench) -> None:
    """Of a fleet that has done nothing but start."""
    time.sleep(1)
    roles = bench.fleet.services
    rest = memory.family(bench.fleet.process.pid)
    rows: dict[str, float] = {}
    for role, root in roles.items():
        members = [process for process in memory.family(root) if process in rest]
        rest = [process for process in rest if process not in members]
        rows[f"{role} ({len(members)} processes)" if len(members) > 1 else role] = total(members)
    rows["sandfleet up"] = total(rest)
    for role, held in rows.items():
        bench.report.value(FLEET, role, held, "MiB")
    bench.report.value(
        FLEET, "all (PSS)", sum(rows.values()), "MiB", at_most=200, note="shared pages are counted once"
    )
    bench.report.value(FLEET, "time to start", bench.fleet.seconds_to_start * 1e3, "ms", note="with a new database")


def total(processes: list[int]) -> float:
    return sum(memory.proportional(process) for process in processes)


def box(bench: Bench) -> None:
    """Private memory of the processes that a box adds, and how much the worker grew."""
    worker = bench.fleet.pid("worker")
    bench.fleet.delete(bench.fleet.create())
    before, grown = set(memory.parents()), memory.proportional(worker)
    sandboxes = [bench.fleet.create() for _ in range(BOXES)]
    time.sleep(1)
    grown = memory.proportional(worker) - grown
    held: dict[str, list[float]] = {}
    for process in set(memory.parents()) - before:
        if (program := memory.name(process)) in ("boxd", "bwrap"):
            held.setdefault(program, []).append(memory.private(process))
    for program, values in sorted(held.items()):
        note = f"{len(values) / BOXES:.0f} per box"
        bench.report.value(BOX, f"{program}, private", statistics.median(values), "MiB", note=note)
    each = sum(sum(values) for values in held.values()) / BOXES
    if held:
        bench.report.value(BOX, "all of its own", each, "MiB", at_most=1)
    else:
        bench.report.skip("a box's memory", "no boxd was found among the new processes")
    bench.report.value(BOX, "the worker grew by, each", grown / BOXES, "MiB", note=f"{BOXES} boxes")
    for sandbox in sandboxes:
        bench.fleet.delete(sandbox)
