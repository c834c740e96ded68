"""Many finished processes, read back at random."""

import json
import os
import random
import shutil
import subprocess

from . import memory, processes
from .bench import Bench, Contenders
from .raw import Missing
from .samples import Samples

COUNT = 10_000
AT_ONCE = 16
ROUNDS = 4
CHECKED = 200
SECTION = "10,000 finished processes"
OUTPUT = "read an output back"
ROW = "read a row back"


def measure(bench: Bench) -> None:
    sandbox = bench.fleet.create()
    observed = processes.roles(bench)
    before = stored(bench), {role: memory.proportional(process) for role, process in observed.items()}
    made = make(bench, sandbox)
    after = stored(bench)
    check(bench, made)
    order = list(made)
    random.Random(1).shuffle(order)
    ids = os.path.join(bench.directory, "processes")
    with open(ids, "w", encoding="utf-8") as file:
        file.writelines(process + "\n" for process in order)
    one_in_flight(bench, ids)
    many_in_flight(bench, ids)
    for name, value in after.items():
        unit = "B" if name.startswith("bytes") else ""
        bench.report.value(SECTION, f"{name}, each", (value - before[0][name]) / COUNT, unit)
    for role, process in observed.items():
        grown = memory.proportional(process) - before[1][role]
        bench.report.value(SECTION, f"{role} grew by (PSS)", grown, "MiB")
    bench.fleet.delete(sandbox)


def make(bench: Bench, sandbox: str) -> dict[str, int]:
    """The processes and the numbers that they wrote."""
    body = {"command": "echo", "args": ["{n}"]}
    loop = bench.load.run(
        bench.load.request("POST", f"/v1/sandboxes/{sandbox}/commands", body), connections=AT_ONCE, iterations=COUNT
    )
    bench.report.value(SECTION, f"made, {AT_ONCE} in flight", loop.rate, "/s")
    made = dict(zip(loop.ids, loop.numbers))
    if len(made) != COUNT:
        raise RuntimeError(f"{len(made)} of {COUNT} commands have a process of their own")
    return made


def check(bench: Bench, made: dict[str, int]) -> None:
    """Some of them, whole: what was asked for, what was written, how it ended."""
    connection = bench.fleet.connection()
    for process in random.Random(2).sample(sorted(made), CHECKED):
        number = str(made[process])
        row = bench.fleet.call("GET", f"/v1/processes/{process}", connection=connection)
        if (row["status"], row["exitCode"], row["args"]) != ("exited", 0, [number]):
            raise RuntimeError(f"the row of {process} is not that of `echo {number}`: {row}")
        connection.request("GET", f"/v1/processes/{process}/output?from=1", headers=bench.fleet.headers)
        chunks = [json.loads(line) for line in connection.getresponse().read().splitlines()]
        written = "".join(chunk["data"]["text"] for chunk in chunks if chunk["type"] == "stdout")
        numbered = [chunk["seq"] for chunk in chunks] == list(range(1, row["chunkCount"] + 1))
        if written != number + "\n" or not numbered or chunks[-1]["type"] != "exit":
            raise RuntimeError(f"the output of {process} is not that of `echo {number}`: {chunks}")
    connection.close()


def requests(bench: Bench) -> dict[str, str]:
    return {
        OUTPUT: bench.load.request("GET", "/v1/processes/{id}/output?from=1"),
        ROW: bench.load.request("GET", "/v1/processes/{id}"),
    }


def one_in_flight(bench: Bench, ids: str) -> None:
    contenders = Contenders(bench)
    for name, request in requests(bench).items():
        run = lambda request=request: bench.load.run(request, iterations=1000, warm_up=100, ids=ids)
        contenders.add(name, lambda run=run: run().nanoseconds)
    route = bench.load.request("GET", "/healthz")
    contenders.add("hop: HTTP alone", lambda: bench.load.run(route, iterations=500, warm_up=50).nanoseconds)
    if bench.broker:
        get = lambda: bench.parts.run("direct_get", bench.broker.url, COUNT, 400, 1000)
        contenders.add("raw: message of a stream, by subject", get)
    samples: dict[str, Samples] = {}
    contenders.run(ROUNDS, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
    for name, taken in samples.items():
        bench.report.times(SECTION, name, taken, beside=None if name in (OUTPUT, ROW) else OUTPUT)


def many_in_flight(bench: Bench, ids: str) -> None:
    samples: dict[str, Samples] = {}
    rates: dict[str, list[float]] = {}

    def measured(name: str, request: str) -> list[int]:
        loop = bench.load.run(request, connections=AT_ONCE, iterations=5000, warm_up=200, ids=ids)
        rates.setdefault(name, []).append(loop.rate)
        return loop.nanoseconds

    contenders = Contenders(bench)
    for name, request in requests(bench).items():
        contenders.add(name, lambda name=name, request=request: measured(name, request))
    contenders.run(3, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
    for name, taken in samples.items():
        values = sorted(rates[name])
        bench.report.times(SECTION, f"{name}, {AT_ONCE} in flight, each", taken)
        bench.report.value(
            SECTION, f"{name}, {AT_ONCE} in flight, rate", values[1], "/s", spread=[values[0], values[-1]]
        )


def stored(bench: Bench) -> dict[str, float]:
    """What is held so far; a part that cannot be asked is left out, aloud."""
    values: dict[str, float] = {}
    for read in (of_stream, of_rows):
        try:
            values |= read(bench)
        except Missing as missing:
            bench.report.skip("what is stored", str(missing))
    return values


def of_stream(bench: Bench) -> dict[str, float]:
    messages, held = processes.stream_state(bench)
    return {"messages in the stream": messages, "bytes of the stream": held}


def of_rows(bench: Bench) -> dict[str, float]:
    program = shutil.which("psql")
    if program is None:
        raise Missing("there is no psql")
    command = [program, "-X", "-A", "-t", "-d", bench.postgres, "-c", "select pg_total_relation_size('processes')"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode != 0:
        raise Missing(done.stderr.strip().partition("\n")[0])
    return {"bytes of rows and indexes": float(done.stdout)}
