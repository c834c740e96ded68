"""Ten thousand tiny writes a second: what is stored of them, and how late a follower sees each."""

from . import processes
from .bench import Bench, Contenders
from .docker import Docker
from .followers import Follower, Received, finish, follow
from .raw import Missing
from .samples import Samples
from .streaming import upload

RATE = 10_000
SECONDS = 5
ROUNDS = 2
SECTION = "10,000 writes a second for 5 s"
OURS = "from a write to a follower"


def measure(bench: Bench) -> None:
    ticker = bench.parts.compile("ticker")
    sandbox = bench.fleet.create()
    with open(ticker, "rb") as file:
        upload(bench, sandbox, file.read(), "ticker")
    bench.fleet.call("POST", f"/v1/sandboxes/{sandbox}/commands", {"command": "chmod", "args": ["755", "ticker"]})
    stored: list[dict] = []
    contenders = Contenders(bench)
    contenders.add(OURS, lambda: ours(bench, sandbox, stored))
    if bench.broker:
        append = lambda: bench.parts.run("append", bench.broker.url, 1000, 1024, 0)
        contenders.add("raw: append of 1 KiB to a stream", append)
    container = None
    if bench.docker:
        container = bench.docker.create()
        bench.docker.put(container, ticker)
        contenders.add("peer: docker exec", lambda: docker(bench, bench.docker, container))
    samples: dict[str, Samples] = {}
    try:
        contenders.run(ROUNDS, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
    finally:
        if container:
            bench.docker.remove(container)
        bench.fleet.delete(sandbox)
    for name, taken in samples.items():
        bench.report.times(SECTION, name, taken, beside=None if name == OURS else OURS)
    units = {"writes read": "/s", "chunks": "", "messages in the stream": "", "bytes of a write": "B"}
    for name, unit in units.items():
        values = sorted(each[name] for each in stored)
        middle = values[len(values) // 2]
        bench.report.value(SECTION, name, middle, unit, spread=[values[0], values[-1]])


def ours(bench: Bench, sandbox: str, stored: list[dict]) -> list[int]:
    before = processes.stream_state(bench)
    process = processes.start(bench, sandbox, "./ticker", [str(RATE), str(SECONDS)])
    received = finish([follow(bench.load, process, "ticks")])[0]
    row = processes.ended(bench, process, stdout=received.bytes)
    after = processes.stream_state(bench)
    check(received)
    stored.append({
        "writes read": len(received.lags) / ((received.last - received.first) / 1e9),
        "chunks": row["chunkCount"],
        "messages in the stream": after[0] - before[0],
        "bytes of a write": (after[1] - before[1]) / len(received.lags),
    })
    return received.lags


def docker(bench: Bench, engine: Docker, container: str) -> list[int]:
    execution = engine.prepare(container, ["/ticker", str(RATE), str(SECONDS)])
    received = Follower(bench.parts.start("docker_stream", engine.socket, execution, "ticks")).finish()
    engine.check(execution)
    check(received)
    return received.lags


def check(received: Received) -> None:
    if len(received.lags) != RATE * SECONDS:
        raise Missing(f"{len(received.lags)} of {RATE * SECONDS} lines arrived")
