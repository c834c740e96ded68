"""Commands at once in one box: how long each takes, and how many a second there are."""

from collections.abc import Callable

from ..bench import Bench, Contenders
from ..growth.point import Point
from ..load import Loop
from ..samples import Samples
from .peers import swerex, swerex_requests

SECTION = "Run `true`, many in flight"
OURS = "run a command"
IN_FLIGHT = [1, 4, 16, 64]
ROUNDS = 3
# Per second, at 16 in flight.
RATE = 1300


def many_in_flight(bench: Bench, sandbox: str) -> None:
    command = bench.command(sandbox)
    loops = {OURS: lambda count: bench.load.run(command, connections=count, iterations=1500, warm_up=100)}
    for name, request in swerex_requests(bench)[:1]:
        loops[name] = lambda count, request=request: swerex(bench, request, 300, connections=count, warm_up=30)
    rates: dict[str, list[Point]] = {}
    times: dict[str, list[Point]] = {}
    for connections in IN_FLIGHT:
        throughput(bench, connections, loops, rates, times)
    for name in loops:
        if len(rates.get(name, [])) == len(IN_FLIGHT):
            bench.report.curve(SECTION, f"{name}, rate", rates[name], "in flight", "/s", "throughput")
            bench.report.curve(SECTION, f"{name}, each", times[name], "in flight", "ms", "latency")


def throughput(
    bench: Bench,
    connections: int,
    loops: dict[str, Callable[[int], Loop]],
    rates: dict[str, list[Point]],
    times: dict[str, list[Point]],
) -> None:
    samples: dict[str, Samples] = {}
    found: dict[str, list[float]] = {}

    def measured(name: str) -> list[int]:
        loop = loops[name](connections)
        found.setdefault(name, []).append(loop.rate)
        return loop.nanoseconds

    contenders = Contenders(bench)
    for name in loops:
        contenders.add(name, lambda name=name: measured(name))
    contenders.run(ROUNDS, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
    for name, taken in samples.items():
        rate = Point.of_values(connections, found[name])
        rates.setdefault(name, []).append(rate)
        times.setdefault(name, []).append(Point.of_times(connections, taken))
        ours = f"{connections} in flight"
        what, beside = (ours, None) if name == OURS else (f"{name}, {ours}", ours)
        bench.report.times(SECTION, f"{what}, each", taken, beside=f"{beside}, each" if beside else None)
        bench.report.value(
            SECTION,
            f"{what}, rate",
            rate.y,
            "/s",
            at_least=RATE if name == OURS and connections == 16 else None,
            beside=f"{beside}, rate" if beside else None,
            spread=[rate.low, rate.high],
        )
