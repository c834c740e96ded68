"""More and more warm boxes at once: what each holds, what all take at rest, and how a command fares among them."""

import concurrent.futures
import os
import random
import time

from . import memory, processor
from .bench import Bench
from .growth.point import Point
from .samples import Samples

COUNTS = [1, 100, 300, 1000]
AT_ONCE = 16
# Seconds of rest that are watched.
REST = 10
OF = "warm boxes"
# Milliseconds for a command among the most of them.
BUDGET = 5


def section(count: int) -> str:
    return f"{count:,} warm local boxes" if count > 1 else "1 warm local box"


class Curves:
    """The same of each count."""

    def __init__(self) -> None:
        self.points: dict[str, list[Point]] = {}

    def add(self, name: str, point: Point) -> None:
        self.points.setdefault(name, []).append(point)


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
    time.sleep(3)
    resting(bench, title, count, strangers, curves)
    boxed(bench, title, count, strangers, empty, curves)
    commands(bench, title, count, command, ids, curves)
    created(bench, title, count, curves)


def resting(bench: Bench, title: str, count: int, strangers: set[int], curves: Curves) -> None:
    """Of the fleet's processes and of those in boxes."""
    shares, parts = [], dict.fromkeys([*bench.fleet.services, "boxes"], 0.0)
    for _ in range(2):
        boxes = of_boxes(strangers)
        parents = memory.parents()
        watched = {"boxes": sorted(boxes)} | {
            name: [process for process in memory.family(pid, parents) if process not in boxes]
            for name, pid in bench.fleet.services.items()
        }
        before, began = {name: processor.exact(processes) for name, processes in watched.items()}, time.monotonic()
        time.sleep(REST / 2)
        seconds = time.monotonic() - began
        each = {name: 100 * (processor.exact(watched[name]) - before[name]) / seconds for name in watched}
        shares.append(sum(each.values()))
        parts = {name: parts[name] + each[name] / 2 for name in parts}
    point = Point(count, sum(shares) / 2, min(shares), max(shares))
    note = ", ".join(f"{name} {share:.2f}" for name, share in parts.items())
    bench.report.value(title, "at rest, of one core", point.y, "%", spread=[point.low, point.high], note=note)
    curves.add("at rest, of one core (%)", point)


def of_boxes(strangers: set[int]) -> set[int]:
    return {process for process in memory.parents() if process not in strangers and memory.name(process) in ("boxd", "bwrap")}


def held(bench: Bench, strangers: set[int]) -> dict[str, float]:
    """Private memory of what is in boxes, and proportional memory of the services."""
    boxes, parents = of_boxes(strangers), memory.parents()
    services = bench.fleet.services
    return {"boxes": sum(memory.private(process) for process in boxes)} | {
        name: sum(memory.proportional(process) for process in memory.family(pid, parents) if process not in boxes)
        for name, pid in services.items()
    }


def boxed(
    bench: Bench, title: str, count: int, strangers: set[int], empty: dict[str, float], curves: Curves
) -> None:
    grown = {name: value - empty.get(name, 0.0) for name, value in held(bench, strangers).items()}
    each = grown.pop("boxes") / count
    # What the only one has to itself of its program is shared by more.
    alone = "its program's pages too, which more boxes share" if count == 1 else ""
    bench.report.value(title, "a box, private", each, "MiB", at_most=None if alone else 1, note=alone)
    if not alone:
        curves.add("a box, private", Point.of_values(count, [each]))
    services = sum(grown.values())
    told = ", ".join(f"{name} {value:.0f}" for name, value in grown.items())
    bench.report.value(title, "the services grew by", services, "MiB", note=f"{told}; {services / count:.3f} for each box")


def commands(bench: Bench, title: str, count: int, command: str, ids: str, curves: Curves) -> None:
    """Each in another box."""
    samples = Samples()
    for _ in range(3):
        samples.add(bench.load.run(command, iterations=200, warm_up=10, ids=ids).nanoseconds)
    budget = BUDGET if count == COUNTS[-1] else None
    if budget:
        bench.report.distribution(title)
    bench.report.times(title, "a command in one of them", samples, budget=budget)
    curves.add("a command in one of them", Point.of_times(count, samples))
    loop = bench.load.run(command, connections=AT_ONCE, iterations=1000, warm_up=50, ids=ids)
    bench.report.value(title, f"commands, {AT_ONCE} in flight", loop.rate, "/s")


def created(bench: Bench, title: str, count: int, curves: Curves) -> None:
    """One more, with its first command, and away again."""
    samples = Samples()
    create = bench.load.request("POST", "/v1/sandboxes", {"provider": "local"})
    command = bench.load.request("POST", "/v1/sandboxes/{id}/commands", {"command": "true", "args": []})
    for _ in range(3):
        loop = bench.load.run(create, command, iterations=6)
        samples.add(loop.nanoseconds)
        for sandbox in loop.ids:
            bench.fleet.delete(sandbox)
    bench.report.times(title, "one more, to its first command done", samples)
    curves.add("one more, to its first command done", Point.of_times(count, samples))


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
