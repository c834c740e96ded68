"""From one worker and gateway to two of each."""

import os
from contextlib import ExitStack

from .bench import Bench, Contenders
from .load import Load
from .processor import Spent
from .rows.database import FleetDatabase
from .samples import Samples

SECTION = "More workers and gateways"
SHAPES = {"1 worker, 1 gateway": (1, 1), "2 workers, 1 gateway": (2, 1), "1 worker, 2 gateways": (1, 2),
          "2 workers, 2 gateways": (2, 2)}
SANDBOXES = 16
AT_ONCE = 16
COMMANDS = 1200
ROUNDS = 4


class Shape:
    """A fleet, its sandboxes, and a client for each of its gateways."""

    def __init__(self, bench: Bench, gateways: int) -> None:
        self.bench = bench
        self.sandboxes = [bench.fleet.create() for _ in range(SANDBOXES)]
        self.ids = os.path.join(bench.directory, f"scaling-{id(self)}")
        with open(self.ids, "w", encoding="utf-8") as file:
            file.writelines(sandbox + "\n" for sandbox in self.sandboxes)
        self.command = bench.load.request("POST", "/v1/sandboxes/{id}/commands", {"command": "true", "args": []})
        self.addresses = bench.fleet.gateways()
        if len(self.addresses) != gateways:
            raise RuntimeError(f"{len(self.addresses)} of {gateways} gateways are named in fleet.json")
        services = bench.fleet.services
        self.spent = Spent({name: pid for name, pid in services.items() if name not in ("postgres",)})
        self.rates: list[float] = []

    def run(self) -> list[int]:
        """The same number of requests in flight, shared by the gateways."""
        share = len(self.addresses)
        load = self.bench.load
        with self.spent:
            parts = [
                load.start(
                    host, port, self.command, connections=AT_ONCE // share, iterations=COMMANDS // share, warm_up=50,
                    ids=self.ids,
                )
                for host, port in self.addresses
            ]
            loops = [Load.read(part.finish()) for part in parts]
        self.rates.append(sum(loop.rate for loop in loops))
        return [taken for loop in loops for taken in loop.nanoseconds]

    def owners(self) -> int:
        """How many workers serve its sandboxes."""
        query = "select count(distinct owner) as owners from sandboxes where owner is not null"
        return FleetDatabase(self.bench.fleet).row(query)["owners"]


def measure(bench: Bench) -> None:
    """All fleets are there from the beginning, and are measured in turns."""
    samples: dict[str, Samples] = {}
    with ExitStack() as stack:
        contenders, shapes = Contenders(bench), {}
        for number, (name, (workers, gateways)) in enumerate(SHAPES.items()):
            flags = ["--workers", str(workers), "--gateways", str(gateways)]
            other = stack.enter_context(bench.another(f"scaling-{number}", flags=flags))
            shapes[name] = Shape(other, gateways)
            shapes[name].run()
            shapes[name].rates.clear()
            shapes[name].spent.taken = dict.fromkeys(shapes[name].spent.taken, 0.0)
            contenders.add(name, shapes[name].run)
        contenders.run(ROUNDS, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
        for name, shape in shapes.items():
            report(bench, name, shape, samples[name])


def report(bench: Bench, name: str, shape: Shape, samples: Samples) -> None:
    """On a machine whose processors one fleet already fills, more services show what they cost and not what they bring."""
    rates = sorted(shape.rates)
    middle = (rates[(len(rates) - 1) // 2] + rates[len(rates) // 2]) / 2
    first = next(iter(SHAPES))
    beside = None if name == first else first
    each = sum(shape.spent.taken.values()) / (len(rates) * (COMMANDS + 50 * len(shape.addresses)))
    note = f"{1000 * each:.2f} ms of processor of the services but Postgres for each; {shape.owners()} workers own sandboxes"
    bench.report.times(SECTION, f"{name}, each", samples, beside=f"{beside}, each" if beside else None, note=note)
    bench.report.value(
        SECTION, f"{name}, rate", middle, "/s", spread=[rates[0], rates[-1]], beside=f"{beside}, rate" if beside else None
    )
