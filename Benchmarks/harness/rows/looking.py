"""What is done about sandboxes of which nothing is due."""

import time

from .. import processor
from ..bench import Bench
from .asking import Found
from .claims import CLAIMS
from .database import FleetDatabase
from .extra_reaper import ExtraReaper
from .passes import measure

# Seconds that are watched: three times so many.
REST = 6
WINDOW = 6
WINDOWS = 2
CLAIMED = 3


def rested(bench: Bench, title: str, budget: float | None) -> Found:
    """Processor time of all services together, of one core, while nobody asks anything."""
    time.sleep(2)
    shares, by_service = [], {}
    services = bench.fleet.services
    for _ in range(3):
        before, began = {name: processor.family(pid) for name, pid in services.items()}, time.monotonic()
        time.sleep(REST)
        seconds = time.monotonic() - began
        each = {name: 100 * (processor.family(pid) - before[name]) / seconds for name, pid in services.items()}
        shares.append(sum(each.values()))
        by_service = {name: by_service.get(name, 0.0) + share / 3 for name, share in each.items()}
    middle, low, high = sorted(shares)[1], min(shares), max(shares)
    note = ", ".join(f"{name} {share:.2f}" for name, share in by_service.items())
    name = "fleet at rest, of one core"
    bench.report.value(title, name, middle, "%", at_most=budget, spread=[low, high], note=note)
    return {name: (middle, low, high)}


def passed(bench: Bench, title: str) -> Found:
    """Passes of every duty of a real reaper, as it counts them itself."""
    with ExtraReaper(bench) as reaper:
        # Of the first ones some have more to do than the later ones.
        time.sleep(2)
        windows = [watched(reaper) for _ in range(WINDOWS)]
    totals = sorted(sum(means.values()) for means in windows)
    middle = sum(totals) / WINDOWS
    means = windows[-1]
    worst = max(means, key=means.get)
    note = f"{len(means)} duties; the mean of each, added up; the longest is {worst}, {means[worst]:.2f} ms"
    name = "a reaper's pass of every duty"
    bench.report.value(title, name, middle, "ms", spread=[totals[0], totals[-1]], note=note)
    return {name: (middle, totals[0], totals[-1])}


def watched(reaper: ExtraReaper) -> dict[str, float]:
    """Milliseconds of a pass of each duty that had one meanwhile."""
    before = reaper.passes()
    time.sleep(WINDOW)
    means = {}
    for duty, (seconds, count) in reaper.passes().items():
        earlier = before.get(duty, (0.0, 0))
        if count > earlier[1]:
            means[duty] = 1000 * (seconds - earlier[0]) / (count - earlier[1])
    if not means:
        raise RuntimeError("the reaper tells of no passes")
    return means


def claimed(bench: Bench, database: FleetDatabase, title: str) -> Found:
    """The statements alone, by which a reaper finds what is due."""
    totals, reads = [], set()
    for _ in range(CLAIMED):
        measured = [measure(database, verb, 0) for verb in CLAIMS]
        totals.append(sum(each["first"] for each in measured))
        reads |= {name for each in measured for name in each["scans"]}
    totals.sort()
    sequential = sorted(name for name in reads if "sequential" in name)
    note = "read whole: " + ", ".join(sequential) if sequential else "all by index"
    name = f"raw: all {len(CLAIMS)} claims, nothing due"
    bench.report.value(title, name, totals[1], "ms", spread=[totals[0], totals[-1]], note=note)
    return {name: (totals[1], totals[0], totals[-1])}
