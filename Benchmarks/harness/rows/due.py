"""What looking after sandboxes costs by how much is due, among as many as there are at most."""

import os
import signal
from contextlib import contextmanager

from ..bench import Bench
from ..growth.point import Point
from .database import FleetDatabase
from .passes import measure

# No more: one transaction, which is rolled back, reads its own dead entries again, and that of a reaper never has many.
DUE = [10, 100, 300, 1000]
# Each of another kind: by its time, by what its user asked for, and by its box.
VERBS = ["claimExpired", "claimIdle", "claimUnsettled", "claimEnding"]
ROUNDS = 3


def due(bench: Bench, database: FleetDatabase, count: int) -> None:
    """In transactions that are rolled back, while the fleet's own reaper does not look."""
    title = f"More and more that is due, of {count:,} cold sandboxes"
    with frozen(bench):
        for verb in VERBS:
            points = []
            for number in DUE:
                taken = sorted(measure(database, verb, number)["all"] for _ in range(ROUNDS))
                points.append(Point.of_values(number, taken))
                spread = [taken[0], taken[-1]]
                bench.report.value(title, f"{verb}, {number:,} due, all batches", points[-1].y, "ms", spread=spread)
            bench.report.curve(title, verb, points, "due", "ms", "time", at_most=["constant", "log", "linear"])


@contextmanager
def frozen(bench: Bench):
    reapers = bench.fleet.pids("reaper").values()
    try:
        for process in reapers:
            os.kill(process, signal.SIGSTOP)
        yield
    finally:
        for process in reapers:
            os.kill(process, signal.SIGCONT)
