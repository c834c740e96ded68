"""`true` in a warm box through HTTP, row and output stored, beside the parts that it is made of and its peers."""

import time

from .bench import Bench, Contenders
from .load import Load, Loop
from .samples import Samples

ROUNDS = 6
SECTION = "Run `true` in a warm box"
THROUGHPUT = "Run `true`, many in flight"
OURS = "run a command"
BARE = "bare on the host, nothing stored"


def measure(bench: Bench) -> None:
    sandbox = bench.fleet.create()
    try:
        one_in_flight(bench, sandbox)
        many_in_flight(bench, sandbox)
    finally:
        bench.fleet.delete(sandbox)


def one_in_flight(bench: Bench, sandbox: str) -> None:
    load, parts = bench.load, bench.parts
    command = bench.command(sandbox)
    route = load.request("GET", "/healthz")
    row = load.request("GET", f"/v1/sandboxes/{sandbox}")
    operation = load.request("POST", f"/v1/sandboxes/{sandbox}/keepalive")
    load.run(command, iterations=300)
    contenders = Contenders(bench)
    contenders.add(OURS, lambda: load.run(command, iterations=300, warm_up=20).nanoseconds)
    contenders.add("hop: HTTP alone", lambda: load.run(route, iterations=200, warm_up=10).nanoseconds)
    contenders.add("hop: HTTP, key and one row", lambda: load.run(row, iterations=200, warm_up=10).nanoseconds)
    contenders.add("hop: HTTP, bus and worker", lambda: load.run(operation, iterations=200, warm_up=10).nanoseconds)
    contenders.add("raw: posix_spawn of true", lambda: parts.run("spawn", 200, "/bin/true"))
    if bench.broker:
        contenders.add("raw: cnats request and reply", lambda: parts.run("request_reply", bench.broker.url, 300))
        contenders.add("raw: append to a stream", lambda: parts.run("append", bench.broker.url, 300, 300, 0))
    contenders.add("raw: committed insert", lambda: parts.run("insert", bench.postgres, 200))
    container = None
    if bench.docker:
        container = bench.docker.create()
        contenders.add("peer: docker exec", lambda: docker_exec(bench.docker, container))
    notes = {}
    for name, request in swerex_requests(bench):
        contenders.add(name, lambda request=request: swerex(bench, request, 60, warm_up=5).nanoseconds)
        notes[name] = BARE
    samples: dict[str, Samples] = {}
    try:
        contenders.run(ROUNDS, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
    finally:
        if container:
            bench.docker.remove(container)
    bench.report.times(SECTION, OURS, samples[OURS], budget=1.8)
    bench.report.value(SECTION, f"{OURS}, p99", samples[OURS].percentile(0.99), "ms", at_most=6)
    for name, taken in samples.items():
        if name != OURS:
            bench.report.times(SECTION, name, taken, note=notes.get(name, ""), beside=OURS)


def docker_exec(docker, container: str) -> list[int]:
    taken = []
    for _ in range(6):
        began = time.perf_counter_ns()
        docker.execute(container, ["/bin/true"])
        taken.append(time.perf_counter_ns() - began)
    return taken


def swerex_requests(bench: Bench) -> list[tuple[str, str]]:
    """A program by itself, and a line in the shell of a session."""
    if bench.swerex is None:
        return []
    load = Load(bench.parts, bench.swerex, bench.swerex.directory)
    line = {"action_type": "bash", "command": "true"}
    return [
        ("peer: SWE-ReX execute", load.request("POST", "/execute", {"command": ["true"]})),
        ("peer: SWE-ReX run_in_session", load.request("POST", "/run_in_session", line)),
    ]


def swerex(bench: Bench, request: str, iterations: int, connections: int = 1, warm_up: int = 0) -> Loop:
    load = Load(bench.parts, bench.swerex, bench.swerex.directory)
    return load.run(request, connections=connections, iterations=iterations, warm_up=warm_up)


def many_in_flight(bench: Bench, sandbox: str) -> None:
    command = bench.command(sandbox)
    loops = {OURS: lambda count: bench.load.run(command, connections=count, iterations=1500, warm_up=100)}
    for name, request in swerex_requests(bench)[:1]:
        loops[name] = lambda count: swerex(bench, request, 300, connections=count, warm_up=30)
    for connections in (4, 16):
        throughput(bench, connections, loops)


def throughput(bench: Bench, connections: int, loops: dict) -> None:
    samples: dict[str, Samples] = {}
    rates: dict[str, list[float]] = {}

    def measured(name: str) -> list[int]:
        loop = loops[name](connections)
        rates.setdefault(name, []).append(loop.rate)
        return loop.nanoseconds

    contenders = Contenders(bench)
    for name in loops:
        contenders.add(name, lambda name=name: measured(name))
    contenders.run(3, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
    for name, taken in samples.items():
        what = f"{connections} in flight" if name == OURS else f"{name}, {connections} in flight"
        beside = None if name == OURS else f"{connections} in flight"
        rates[name].sort()
        bench.report.times(
            THROUGHPUT, f"{what}, each", taken, beside=f"{beside}, each" if beside else None
        )
        bench.report.value(
            THROUGHPUT,
            f"{what}, rate",
            rates[name][len(rates[name]) // 2],
            "/s",
            at_least=1300 if name == OURS and connections == 16 else None,
            beside=f"{beside}, rate" if beside else None,
            spread=[rates[name][0], rates[name][-1]],
        )
