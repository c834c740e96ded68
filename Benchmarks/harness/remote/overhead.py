"""What the fleet adds to what a provider takes by itself.

To a command: the daemon in the box is asked over a channel that is open, so what the provider has to do for it is one round
trip through that channel: a line to `cat` in the box and back, by the same exec of the provider. All the rest is ours: HTTP,
bus, row, stored output, the daemon, and the program itself. The provider's own exec of the same program stands beside it.

To a create: from its request until it is answered, which is when the box can be used, less the time of the same calls made
directly, up to the greeting of the daemon in the new box.
"""

import itertools
import statistics
import time

from ..bench import Bench, Contenders
from ..processor import Spent
from ..samples import Samples
from .ground import Ground
from .provider import Provider

COMMAND = "Run `true` at a provider"
CREATE = "Create at a provider"
BUDGET = 5
ROUNDS = 6
# Commands of a round.
EACH = 70
LINE = b"." * 200 + b"\n"
FLEET = "through the fleet"
ROUND_TRIP = "raw: a line to `cat` and back"
OWN = "raw: the provider's own exec"
ROW = "raw: a committed row, of which each command has two"
DIRECT = "raw: the same calls, asked directly"


class Table:
    """Samples by provider and by what was measured."""

    def __init__(self) -> None:
        self.samples: dict[str, Samples] = {}

    def keep(self, name: str, taken: list[int]) -> None:
        self.samples.setdefault(name, Samples()).add(taken)

    def difference(self, name: str, less: str) -> tuple[float, list[float]]:
        """Of the medians, in milliseconds, and the least and the greatest of those of the rounds."""
        one, other = self.samples[name], self.samples[less]
        middle = lambda taken: statistics.median(taken) / 1e6
        rounds = [middle(first) - middle(second) for first, second in zip(one.rounds, other.rounds)]
        return one.median - other.median, [min(rounds), max(rounds)]


def commands(ground: Ground) -> None:
    """Of warm boxes, one in flight."""
    bench, table = ground.bench, Table()
    contenders = Contenders(bench)
    ours = {name: create(bench, name) for name in ("local", *(each.name for each in ground.providers))}
    theirs = {each.name: each.create() for each in ground.providers}
    channels = {each.name: each.channel(theirs[each.name]) for each in ground.providers}
    services = {role: bench.fleet.pid(role) for role in ("gateway", "worker")}
    spent = {name: Spent(services) for name in ours}
    for name, sandbox in ours.items():
        run = lambda name=name, command=bench.command(sandbox): through(bench, command, spent[name])
        contenders.add(f"{name}, {FLEET}", run)
    for each in ground.providers:
        channel, box = channels[each.name], theirs[each.name]
        contenders.add(f"{each.name}, {ROUND_TRIP}", lambda channel=channel: timed(60, lambda: channel.round_trip(LINE)))
        contenders.add(f"{each.name}, {OWN}", lambda each=each, box=box: timed(15, lambda: each.execute(box)))
    contenders.add(ROW, lambda: bench.parts.run("insert", bench.postgres, 60))
    contenders.run(1, lambda *_: None)
    for each in spent.values():
        each.taken = dict.fromkeys(services, 0.0)
    contenders.run(ROUNDS, table.keep)
    for each in ground.providers:
        channels[each.name].close()
        each.remove(theirs[each.name])
    for sandbox in ours.values():
        bench.fleet.delete(sandbox)
    told = lambda name: bench.report.times(
        COMMAND, f"{name}, {FLEET}", table.samples[f"{name}, {FLEET}"], note=processor(spent[name])
    )
    told("local")
    if ROW in table.samples:
        bench.report.times(COMMAND, ROW, table.samples[ROW], beside=f"local, {FLEET}")
    for each in ground.providers:
        fleet, own = f"{each.name}, {FLEET}", f"{each.name}, {OWN}"
        told(each.name)
        bench.report.times(COMMAND, f"{each.name}, {ROUND_TRIP}", table.samples[f"{each.name}, {ROUND_TRIP}"], beside=fleet)
        bench.report.times(COMMAND, own, table.samples[own], beside=fleet, note=each.own_exec)
        over(bench, table, COMMAND, f"{each.name}, ours over the round trip", fleet, f"{each.name}, {ROUND_TRIP}")
        difference, spread = table.difference(fleet, own)
        bench.report.value(COMMAND, f"{each.name}, ours over its own exec", difference, "ms", spread=spread)
        difference, spread = table.difference(fleet, f"local, {FLEET}")
        bench.report.value(COMMAND, f"{each.name}, more than in a local box", difference, "ms", spread=spread)


def creates(ground: Ground) -> None:
    """One after the other, each in a fleet that has made some before."""
    bench, table = ground.bench, Table()
    contenders = Contenders(bench)
    contenders.add(f"local, {FLEET}", lambda: created(bench, "local"))
    for each in ground.providers:
        contenders.add(f"{each.name}, {FLEET}", lambda each=each: created(bench, each.name))
        contenders.add(f"{each.name}, {DIRECT}", lambda each=each: created_directly(each))
    contenders.run(1, lambda *_: None)
    contenders.run(5, table.keep)
    bench.report.times(CREATE, f"local, {FLEET}", table.samples[f"local, {FLEET}"])
    for each in ground.providers:
        fleet, direct = f"{each.name}, {FLEET}", f"{each.name}, {DIRECT}"
        bench.report.times(CREATE, fleet, table.samples[fleet])
        bench.report.times(CREATE, direct, table.samples[direct], beside=fleet)
        over(bench, table, CREATE, f"{each.name}, ours over them", fleet, direct)


def over(bench: Bench, table: Table, section: str, name: str, fleet: str, less: str) -> None:
    difference, spread = table.difference(fleet, less)
    bench.report.value(section, name, difference, "ms", at_most=BUDGET, spread=spread)


def through(bench: Bench, command: str, spent: Spent) -> list[int]:
    with spent:
        return bench.load.run(command, iterations=EACH).nanoseconds


def processor(spent: Spent) -> str:
    """What does not depend on who else has the machine."""
    each = {role: 1000 * seconds / ROUNDS / EACH for role, seconds in spent.taken.items()}
    return "processor time: " + ", ".join(f"{role} {milliseconds:.2f} ms" for role, milliseconds in each.items())


def create(bench: Bench, provider: str) -> str:
    sandbox = bench.fleet.call("POST", "/v1/sandboxes", {"provider": provider})["id"]
    bench.fleet.call("POST", f"/v1/sandboxes/{sandbox}/commands", {"command": "true", "args": []})
    return sandbox


def timed(count: int, work) -> list[int]:
    taken = []
    for _ in itertools.repeat(None, count):
        began = time.perf_counter_ns()
        work()
        taken.append(time.perf_counter_ns() - began)
    return taken


def created(bench: Bench, provider: str) -> list[int]:
    connection = bench.fleet.connection()
    # Opened before: what is measured is a create.
    bench.fleet.call("GET", "/healthz", connection=connection)
    taken = []
    for _ in range(2):
        began = time.perf_counter_ns()
        sandbox = bench.fleet.call("POST", "/v1/sandboxes", {"provider": provider}, connection)["id"]
        taken.append(time.perf_counter_ns() - began)
        bench.fleet.call("DELETE", f"/v1/sandboxes/{sandbox}", connection=connection)
    connection.close()
    return taken


def created_directly(provider: Provider) -> list[int]:
    taken = []
    for _ in range(2):
        began = time.perf_counter_ns()
        box = provider.create()
        taken.append(time.perf_counter_ns() - began)
        provider.remove(box)
    return taken
