"""What boxes and the fleet around them hold and take while nobody asks anything."""

import time

from .. import memory, processor
from ..bench import Bench
from ..growth.point import Point
from .curves import Curves

# Seconds that are watched.
REST = 10


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
