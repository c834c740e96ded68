"""Creations that find a box ready: a worker that keeps some, and the same measured again."""

import re
import time

from .. import memory
from ..bench import Bench
from ..samples import Samples
from .burst import AT_ONCE, burst
from .requests import deletions, requests

SIZE = 100
ENVIRONMENT = {"SANDFLEET_LOCAL_POOL_SIZE": str(SIZE)}
SECTION = "Create to first command done, from the pool"
ROUNDS = 4
EACH = 10
BUDGET = 5
BURST_BUDGET = 137


def pooled(bench: Bench) -> None:
    before = boxes()
    with bench.another("pool", ENVIRONMENT) as other:
        # Each service tells at its start what it runs with.
        if not re.search("local.?pool", other.fleet.log_of("worker"), re.IGNORECASE):
            bench.report.skip(SECTION, "this build keeps no boxes ready (SANDFLEET_LOCAL_POOL_SIZE)")
            return
        fill = lambda: full(before)
        fill()
        sequential(other, fill)
        for count in AT_ONCE:
            budget = BURST_BUDGET if count == 50 else None
            burst(other, f"{SECTION}, {count} at once", count, budget, before=fill)


def boxes() -> int:
    return sum(1 for process in memory.parents() if memory.name(process) == "boxd")


def full(before: int) -> None:
    """Waits until so many boxes run as are kept ready, besides those that ran `before`."""
    deadline = time.monotonic() + 60
    while boxes() < before + SIZE:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{boxes() - before} of {SIZE} boxes are ready after a minute")
        time.sleep(0.1)


def sequential(bench: Bench, fill) -> None:
    create, command = requests(bench)
    whole, answered = Samples(), Samples()
    for _ in range(ROUNDS):
        loop = bench.load.run(create, command, iterations=EACH, warm_up=2)
        whole.add(loop.nanoseconds)
        answered.add(loop.first)
        deletions(bench, loop.ids)
        fill()
    bench.report.distribution(SECTION)
    bench.report.times(SECTION, "create and run", whole, budget=BUDGET)
    bench.report.times(SECTION, "of which: create answered", answered)
