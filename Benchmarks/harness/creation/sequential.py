"""One creation after the other, from nothing to the end of the first command."""

from ..bench import Bench, Contenders
from ..samples import Samples
from .requests import bubblewrap, deletions, docker_create, requests

ROUNDS = 4
SECTION = "Create to first command done"
OURS = "create and run"
# Milliseconds.
BUDGET = 15


def sequential(bench: Bench) -> None:
    create, command = requests(bench)
    made: list[str] = []
    only = Samples()

    def sandboxes() -> list[int]:
        loop = bench.load.run(create, command, iterations=10, warm_up=1 if made else 3)
        made.extend(loop.ids)
        only.add(loop.first)
        return loop.nanoseconds

    contenders = Contenders(bench)
    contenders.add(OURS, sandboxes)
    contenders.add("raw: bubblewrap of true", lambda: bubblewrap(bench, 20))
    if bench.docker:
        contenders.add("peer: docker create, start, exec", lambda: docker_create(bench.docker, 3))
    samples: dict[str, Samples] = {}
    contenders.run(ROUNDS, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
    bench.report.distribution(SECTION)
    for name, taken in samples.items():
        ours = name == OURS
        bench.report.times(SECTION, name, taken, budget=BUDGET if ours else None, beside=None if ours else OURS)
    bench.report.times(SECTION, "of which: create answered", only)
    bench.report.times(SECTION, "delete", deletions(bench, made))
