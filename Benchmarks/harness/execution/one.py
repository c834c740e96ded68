"""One command after the other, beside the parts that it is made of and its peers."""

from ..bench import Bench, Contenders
from ..samples import Samples
from .peers import BARE, docker_exec, swerex, swerex_requests

ROUNDS = 6
SECTION = "Run `true` in a warm box"
OURS = "run a command"


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
    bench.report.distribution(SECTION)
    bench.report.times(SECTION, OURS, samples[OURS], budget=1.8)
    bench.report.value(SECTION, f"{OURS}, p99", samples[OURS].percentile(0.99), "ms", at_most=6)
    for name, taken in samples.items():
        if name != OURS:
            bench.report.times(SECTION, name, taken, note=notes.get(name, ""), beside=OURS)
