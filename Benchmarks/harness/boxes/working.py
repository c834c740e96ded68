"""Commands and creations among many boxes."""

from ..bench import Bench
from ..growth.point import Point
from ..samples import Samples
from .curves import Curves

AT_ONCE = 16


def commands(
    bench: Bench, title: str, count: int, command: str, ids: str, curves: Curves, budget: float | None
) -> None:
    """Each in another box; `budget` is milliseconds."""
    samples = Samples()
    for _ in range(3):
        samples.add(bench.load.run(command, iterations=200, warm_up=10, ids=ids).nanoseconds)
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
