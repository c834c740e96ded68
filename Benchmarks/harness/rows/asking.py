"""Lists, rows, and a sandbox that is woken, among many."""

import os
import random
import time

from ..bench import Bench, Contenders
from ..samples import Samples
from .filling import name as filled_name

ROUNDS = 3
SLEEPERS = 6
WAKE = "wake one, to its first command done"

Found = dict[str, tuple[float, float, float]]


class Sleepers:
    """Real sandboxes with boxes of this fleet."""

    def __init__(self, bench: Bench) -> None:
        self.fleet = bench.fleet
        self.sandboxes = [bench.fleet.create() for _ in range(SLEEPERS)]

    def woken(self) -> list[int]:
        taken = []
        connection = self.fleet.connection()
        for sandbox in self.sandboxes:
            self.fleet.call("POST", f"/v1/sandboxes/{sandbox}/drain", {}, connection)
            began = time.perf_counter_ns()
            self.fleet.call("POST", f"/v1/sandboxes/{sandbox}/connect", {}, connection)
            body = {"command": "true", "args": []}
            self.fleet.call("POST", f"/v1/sandboxes/{sandbox}/commands", body, connection)
            taken.append(time.perf_counter_ns() - began)
        connection.close()
        return taken


def asked(bench: Bench, title: str, count: int, sleepers: Sleepers) -> Found:
    load = bench.load
    ids = os.path.join(bench.directory, f"rows-{count}")
    chance = random.Random(count)
    with open(ids, "w", encoding="utf-8") as file:
        file.writelines(filled_name(chance.randint(1, count)) + "\n" for _ in range(2000))
    get = load.request("GET", "/v1/sandboxes/{id}")
    page = load.request("GET", "/v1/sandboxes?limit=50")
    middle = load.request("GET", f"/v1/sandboxes?limit=50&cursor={filled_name(count // 2)}")
    active = load.request("GET", "/v1/sandboxes?limit=50&status=active")
    contenders = Contenders(bench)
    contenders.add("get one", lambda: load.run(get, iterations=500, warm_up=50, ids=ids).nanoseconds)
    contenders.add("list 50, the newest", lambda: load.run(page, iterations=100, warm_up=5).nanoseconds)
    contenders.add("list 50, from the middle", lambda: load.run(middle, iterations=100, warm_up=5).nanoseconds)
    contenders.add("list those that are active", lambda: load.run(active, iterations=10, warm_up=1).nanoseconds)
    contenders.add(WAKE, sleepers.woken)
    samples: dict[str, Samples] = {}
    contenders.run(ROUNDS, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
    found: Found = {}
    for name, taken in samples.items():
        bench.report.times(title, name, taken)
        summary = taken.summary()
        found[name] = (summary["median"], *summary["spread"])
    return found
