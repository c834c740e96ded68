"""A fleet that has seen many sandboxes, nearly all of them cold: what asking for some costs, and what looking after all does.

The rows are filled in; some sandboxes are real, and are put to sleep and woken among them.
"""

from ..bench import Bench
from ..growth.point import Point
from .asking import Sleepers, asked
from .database import FleetDatabase
from .due import due
from .filling import fill
from .looking import claimed, passed, rested

COUNTS = [10_000, 100_000, 1_000_000]
OF = "cold sandboxes"
GROWTH = "More and more cold sandboxes"
# What looking after sandboxes may grow by: what is due is none in all of these.
SUBLINEAR = ["constant", "log"]


def section(count: int) -> str:
    return f"{count:,} cold sandboxes"


def measure(bench: Bench) -> None:
    with bench.another("rows") as other:
        database = FleetDatabase(other.fleet)
        sleepers = Sleepers(other)
        like = database.row("select workspace_id, spec::text, envelope::text from sandboxes where envelope is not null")
        curves: dict[str, list[Point]] = {}
        filled = 0
        for count in COUNTS:
            fill(
                database, filled + 1, count,
                workspace=like["workspace_id"], spec=like["spec"], envelope=like["envelope"],
            )
            filled = count
            at(other, database, sleepers, count, curves)
        for name, points in curves.items():
            unit = "%" if name.startswith("fleet") else "ms"
            plot = "rest" if unit == "%" else "time"
            bench.report.curve(GROWTH, name, points, OF, unit, plot, at_most=SUBLINEAR)
        due(other, database, COUNTS[-1])


def at(
    bench: Bench, database: FleetDatabase, sleepers: Sleepers, count: int, curves: dict[str, list[Point]]
) -> None:
    title = section(count)
    # First what rests, before anything else has been asked of it.
    found = rested(bench, title, budget=1 if count == COUNTS[0] else None)
    found |= asked(bench, title, count, sleepers)
    found |= passed(bench, title) | claimed(bench, database, title)
    for name, (middle, low, high) in found.items():
        curves.setdefault(name, []).append(Point(count, middle, low, high))
