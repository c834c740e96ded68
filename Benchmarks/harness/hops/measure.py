"""Where the time of one command goes, hop by hop, adding up to the whole."""

import os
import shutil
import subprocess

from ..bench import Bench
from .timeline import HOPS, commands
from .trace import EVENTS, events

SECTION = "Where the time of `true` goes"
SECONDS = 3
PROGRAM = "true"
# Fewer ways than this tell nothing.
ENOUGH = 40


def measure(bench: Bench) -> None:
    perf = shutil.which("perf")
    if perf is None or os.geteuid() != 0:
        bench.report.skip(SECTION, "perf (linux-perf) and root are needed to see which thread runs")
        return
    sandbox = bench.fleet.create()
    try:
        ways = traced(bench, perf, bench.command(sandbox))
    finally:
        bench.fleet.delete(sandbox)
    if len(ways) < ENOUGH:
        bench.report.skip(SECTION, f"{len(ways)} commands were seen from end to end, too few")
        return
    # The middle half: what else the machine did is in the others.
    ways.sort(key=sum)
    middle = ways[len(ways) // 4 : len(ways) - len(ways) // 4]
    total = sum(map(sum, middle)) / len(middle)
    note = f"mean of {len(middle)} of {len(ways)} commands, while perf watches"
    bench.report.value(SECTION, "one command, traced", total / 1000, "ms", note=note)
    for hop, name in enumerate(HOPS):
        mean = sum(way[hop] for way in middle) / len(middle)
        bench.report.value(SECTION, f"hop: {name}", mean / 1000, "ms", beside="one command, traced")


def traced(bench: Bench, perf: str, command: str) -> list[list[float]]:
    bench.load.run(command, iterations=500)
    data = os.path.join(bench.directory, "hops.perf")
    wanted = [word for event in EVENTS for word in ("-e", f"sched:{event}")]
    # More than can be done meanwhile.
    load = bench.load.start(bench.fleet.host, bench.fleet.port, command, connections=1, iterations=100_000)
    try:
        record = [perf, "record", "-a", *wanted, "-o", data, "sleep", str(SECONDS)]
        recorded = subprocess.run(record, capture_output=True, text=True, check=False)
        services = threads(bench)
    finally:
        load.stop()
    if recorded.returncode != 0:
        return []
    script = [perf, "script", "-i", data, "--fields", "comm,tid,cpu,time,event,trace"]
    told = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    os.unlink(data)
    return commands(list(events(told.splitlines(), services)), PROGRAM)


def threads(bench: Bench) -> dict[int, str]:
    """The services of the fleet's threads."""
    services = {}
    for service in bench.fleet.document["services"]:
        pid = service["pid"]
        with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
            # Of Postgres each connection is a process.
            pids = [pid, *map(int, file.read().split())] if service["name"] == "postgres" else [pid]
        for process in pids:
            try:
                services |= {int(task): service["name"] for task in os.listdir(f"/proc/{process}/task")}
            except FileNotFoundError:
                continue
    return services
