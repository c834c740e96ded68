"""More and more warm boxes at once: what each holds, what all take at rest, and how a command fares among them."""

import concurrent.futures
import os
import random
import time

from .. import memory
from ..bench import Bench
from .curves import Curves
from .resting import boxed, held, resting
from .working import AT_ONCE, commands, created

COUNTS = [1, 100, 300, 1000]
OF = "warm boxes"
# Seconds.
SETTLING = 10
# Milliseconds for a command among the most of them.
BUDGET = 5


def section(count: int) -> str:
    return f"{count:,} warm local boxes" if count > 1 else "1 warm local box"


def measure(bench: Bench) -> None:
    """In a fleet of its own, whose sandboxes are all there are."""
    with bench.another("boxes") as other:
        strangers = set(memory.parents())
        empty = held(other, strangers)
        curves, made = Curves(), []
        try:
            for count in COUNTS:
                more(other, count, made)
                at(other, count, made, strangers, empty, curves)
        finally:
            report(other, curves)
            removed(other, made)


def more(bench: Bench, count: int, made: list[str]) -> None:
    create = bench.load.request("POST", "/v1/sandboxes", {"provider": "local"})
    if (missing := count - len(made)) > 0:
        loop = bench.load.run(create, connections=min(AT_ONCE, missing), iterations=missing)
        made.extend(loop.ids)
        bench.report.value(section(count), f"made, {AT_ONCE} at once", loop.rate, "/s", note=f"{missing} more")


def at(bench: Bench, count: int, made: list[str], strangers: set[int], empty: dict[str, float], curves: Curves) -> None:
    title = section(count)
    ids = os.path.join(bench.directory, f"boxes-{count}")
    order = made.copy()
    random.Random(1).shuffle(order)
    with open(ids, "w", encoding="utf-8") as file:
        file.writelines(sandbox + "\n" for sandbox in order)
    command = bench.load.request("POST", "/v1/sandboxes/{id}/commands", {"command": "true", "args": []})
    # Each has run one: what it holds afterwards is what a used box holds.
    bench.load.run(command, connections=min(4, count), iterations=count, ids=ids)
    # What the commands before have left to do is no rest.
    time.sleep(SETTLING)
    resting(bench, title, count, strangers, curves)
    boxed(bench, title, count, strangers, empty, curves)
    commands(bench, title, count, command, ids, curves, BUDGET if count == COUNTS[-1] else None)
    created(bench, title, count, curves)


def report(bench: Bench, curves: Curves) -> None:
    title = "More and more warm boxes"
    for name, points in curves.points.items():
        unit = "%" if "%" in name else "MiB" if "private" in name else "ms"
        bench.report.curve(title, name, points, OF, unit, {"%": "rest", "MiB": "memory", "ms": "time"}[unit])


def removed(bench: Bench, made: list[str]) -> None:
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(bench.fleet.delete, made))
    seconds = time.monotonic() - began
    if made:
        bench.report.value(section(COUNTS[-1]), f"deleted, {AT_ONCE} at once", len(made) / seconds, "/s", note=f"{len(made)}")
