"""Many creations at once, each with its first command, beside as many bare boxes at once."""

from collections.abc import Callable

from ..bench import Bench, Contenders
from ..samples import Samples
from .requests import bubblewrap, deletions, docker_burst, requests

ROUNDS = 3
AT_ONCE = [50, 100]
RAW = "raw: bubblewrap of true, each"
DOCKER = "peer: docker create, start, exec, each"


def section(count: int) -> str:
    return f"Create to first command done, {count} at once"


def bursts(bench: Bench) -> None:
    for count in AT_ONCE:
        burst(bench, section(count), count, 300 if count == 50 else None)


def burst(bench: Bench, title: str, count: int, budget: float | None, before: Callable[[], None] = lambda: None) -> None:
    """`budget` is milliseconds for 99 of a hundred; `before` is called before each round of ours."""
    create, command = requests(bench)
    answered, whole = Samples(), Samples()

    def ours() -> list[int]:
        before()
        loop = bench.load.run(create, command, connections=count, iterations=count)
        answered.add(loop.first)
        whole.add([loop.total])
        deletions(bench, loop.ids)
        return loop.nanoseconds

    contenders = Contenders(bench)
    contenders.add("each", ours)
    contenders.add(RAW, lambda: bubblewrap(bench, 1, count))
    samples: dict[str, Samples] = {}
    keep = lambda name, taken: samples.setdefault(name, Samples()).add(taken)
    contenders.run(ROUNDS, keep)
    if bench.docker and count == AT_ONCE[0]:
        # Once: it takes longer than everything else here together.
        peer = Contenders(bench)
        peer.add(DOCKER, lambda: docker_burst(bench.docker, count))
        peer.run(1, keep)
    bench.report.distribution(title)
    bench.report.times(title, "each", samples.pop("each"))
    for name, taken in samples.items():
        bench.report.times(title, name, taken, beside="each")
    bench.report.times(title, "each: create answered", answered)
    bench.report.value(title, "p99", _p99(bench, title, "each"), "ms", at_most=budget)
    bench.report.value(title, "p99: create answered", answered.percentile(0.99), "ms", at_most=budget)
    for name in samples:
        bench.report.value(title, name.replace(", each", ", p99"), _p99(bench, title, name), "ms", beside="p99")
    bench.report.times(title, "all", whole)


def _p99(bench: Bench, title: str, name: str) -> float:
    return next(row["p99"] for row in bench.report.sections[title] if row["name"] == name)
