"""200 commands at once over one worker: how long each takes, and that they cost no threads."""

import threading

from .. import memory
from ..samples import Samples
from .ground import Ground
from .overhead import create
from .provider import Provider

SECTION = "200 commands at once over one worker"
AT_ONCE = 200
# Threads that a worker may have more than before: what runs commands is not one of them.
MORE_THREADS = 8
# MiB.
MORE_MEMORY = 40


class Threads:
    """How many threads a process has while something is done."""

    def __init__(self, process: int) -> None:
        self.process = process
        self.before = self.most = self.count()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def count(self) -> int:
        with open(f"/proc/{self.process}/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Threads:"))

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            self.most = max(self.most, self.count())

    def __enter__(self) -> "Threads":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        self._thread.join()


def measure(ground: Ground) -> None:
    for provider in ground.providers:
        at(ground, provider)


def at(ground: Ground, provider: Provider) -> None:
    bench, name = ground.bench, provider.name
    worker = bench.fleet.pid("worker")
    sandbox = create(bench, name)
    command = bench.command(sandbox)
    bench.load.run(command, connections=16, iterations=64)
    samples = Samples()
    before = memory.fields(f"/proc/{worker}/status")["VmRSS"]
    with memory.Peak({"worker": worker}) as peak, Threads(worker) as threads:
        for _ in range(3):
            loop = bench.load.run(command, connections=AT_ONCE, iterations=2 * AT_ONCE)
            samples.add(loop.nanoseconds)
    bench.fleet.delete(sandbox)
    bench.report.value(SECTION, f"{name}, finished well", len(samples.all), "", at_least=6 * AT_ONCE)
    bench.report.times(SECTION, f"{name}, each", samples)
    note = f"{threads.before} before"
    most = threads.before + MORE_THREADS
    bench.report.value(SECTION, f"{name}, threads of the worker, at most", threads.most, "", at_most=most, note=note)
    grown = peak.resident["worker"] - before
    note = f"resident: {before:.0f} before, {peak.resident['worker']:.0f} at most"
    bench.report.value(SECTION, f"{name}, the worker grew by at most", grown, "MiB", at_most=MORE_MEMORY, note=note)
