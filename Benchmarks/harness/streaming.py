"""What a process writes, stored, to those who follow it over HTTP; and what the services hold meanwhile."""

import statistics
import time

from . import processes
from .bench import Bench, Contenders
from .docker import Docker
from .followers import Follower, Received, finish, follow
from .memory import Peak
from .processor import Spent
from .raw import Missing
from .standin import StandIn
from .text import LENGTH, Text

SIZE = 1 << 30
ROUNDS = 3
SECTION = "1 GiB from a process to one follower"
TEN = "1 GiB from a process to ten followers"
TEN_ROUNDS = 2
OURS = "written, stored and followed"
BATCH = 256 << 10
ONE_IS = "of one; it is taken from the machine that is measured"


def measure(bench: Bench) -> None:
    text = Text(bench.directory)
    sandbox, box = processes.boxed(bench)
    with open(text.path, "rb") as file:
        upload(bench, sandbox, file.read())
    observed = processes.roles(bench) | box
    try:
        one(bench, sandbox, text, observed)
        ten(bench, sandbox, text, observed)
    finally:
        bench.fleet.delete(sandbox)


def upload(bench: Bench, sandbox: str, content: bytes, path: str = "text") -> None:
    connection = bench.fleet.connection()
    connection.request("PUT", f"/v1/sandboxes/{sandbox}/files?path={path}", body=content, headers=bench.fleet.headers)
    answer = connection.getresponse()
    problem = answer.read()
    connection.close()
    if answer.status >= 400:
        raise RuntimeError(f"upload: {answer.status} {problem!r}")


def one(bench: Bench, sandbox: str, text: Text, observed: dict[str, int]) -> None:
    spent = Spent(observed)
    shares: list[float] = []
    last = ""

    def written() -> list[int]:
        nonlocal last
        with spent:
            took, last, received = run(bench, sandbox, text, SIZE, followers=1)
        shares.append(received[0].processor / took)
        return [took]

    contenders = Contenders(bench)
    contenders.add(OURS, written)
    contenders.add("read again, from the stream", lambda: [again(bench, last, text)])
    standin = StandIn(text, SIZE // LENGTH)
    contenders.add("raw: the client alone, fed from memory", lambda: [alone(bench, standin, text)])
    if bench.broker:
        append = lambda readers: [bench.parts.total("append", bench.broker.url, SIZE // BATCH, BATCH, readers)]
        contenders.add("raw: append to a stream", lambda: append(0))
        contenders.add("raw: append to a stream, one reader", lambda: append(1))
    container = None
    if bench.docker:
        container = bench.docker.create()
        bench.docker.put(container, text.path)
        contenders.add("peer: docker exec", lambda: [docker(bench, bench.docker, container, text)])
    rates: dict[str, list[float]] = {}
    try:
        with Peak(observed) as peak:
            contenders.run(ROUNDS, lambda name, taken: rates.setdefault(name, []).append(rate(SIZE, taken[0])))
    finally:
        standin.stop()
        if container:
            bench.docker.remove(container)
    for name, taken in rates.items():
        throughput(bench, SECTION, name, taken, 150 if name == OURS else None, None if name == OURS else OURS)
    bench.report.value(SECTION, "processor of the client", 100 * statistics.median(shares), "%", note=ONE_IS)
    held(bench, SECTION, peak, {role: seconds / ROUNDS for role, seconds in spent.taken.items()})


def ten(bench: Bench, sandbox: str, text: Text, observed: dict[str, int]) -> None:
    spent = Spent(observed)
    run(bench, sandbox, text, 64 << 20, followers=10)
    rates, shares = [], []
    with Peak(observed) as peak:
        for _ in range(TEN_ROUNDS):
            with spent:
                took, _, received = run(bench, sandbox, text, SIZE, followers=10)
            rates.append(rate(SIZE, took))
            shares.append(sum(each.processor for each in received) / took)
    throughput(bench, TEN, "to each", rates, None, None)
    throughput(bench, TEN, "to all together", [10 * each for each in rates], None, None)
    bench.report.value(TEN, "processor of the clients", 100 * statistics.median(shares), "%", note=ONE_IS)
    held(bench, TEN, peak, {role: seconds / TEN_ROUNDS for role, seconds in spent.taken.items()})


def run(bench: Bench, sandbox: str, text: Text, size: int, followers: int) -> tuple[int, str, list[Received]]:
    """From the request that starts the process to the last end that a follower reads."""
    began = time.monotonic_ns()
    process = processes.start(bench, sandbox, "cat", ["text"] * (size // LENGTH))
    received = finish([follow(bench.load, process, text.path) for _ in range(followers)])
    for each in received:
        if each.bytes != size:
            raise RuntimeError(f"a follower got {each.bytes} of {size} bytes")
    processes.ended(bench, process, stdout=size)
    return max(each.last for each in received) - began, process, received


def again(bench: Bench, process: str, text: Text) -> int:
    """What is stored, from its beginning."""
    began = time.monotonic_ns()
    received = finish([follow(bench.load, process, text.path)])[0]
    if received.bytes != SIZE:
        raise RuntimeError(f"read again: {received.bytes} of {SIZE} bytes")
    return received.last - began


def alone(bench: Bench, standin: StandIn, text: Text) -> int:
    request = bench.load.request("GET", "/")
    received = Follower(bench.parts.start("follow", standin.host, standin.port, request, text.path)).finish()
    return received.last - received.first


def docker(bench: Bench, engine: Docker, container: str, text: Text) -> int:
    began = time.monotonic_ns()
    execution = engine.prepare(container, ["/bin/cat"] + ["/text"] * (SIZE // LENGTH))
    received = Follower(bench.parts.start("docker_stream", engine.socket, execution, text.path)).finish()
    if received.bytes != SIZE:
        raise Missing(f"docker exec: {received.bytes} of {SIZE} bytes")
    engine.check(execution)
    return received.last - began


def rate(size: int, nanoseconds: int) -> float:
    return size / 1e6 / (nanoseconds / 1e9)


def throughput(bench: Bench, section: str, name: str, rates: list[float], budget, beside: str | None) -> None:
    rates = sorted(rates)
    spread = [rates[0], rates[-1]]
    bench.report.value(section, name, rates[len(rates) // 2], "MB/s", at_least=budget, beside=beside, spread=spread)


def held(bench: Bench, section: str, peak: Peak, seconds: dict[str, float]) -> None:
    for role in peak.processes:
        note = f"PSS {peak.before[role]:.0f} before, {peak.highest[role]:.0f} at most; "
        note += f"{seconds[role]:.2f} s of processor each time"
        bench.report.value(section, f"peak of {role} (VmHWM)", peak.resident[role], "MiB", note=note)
