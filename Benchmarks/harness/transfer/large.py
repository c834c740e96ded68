"""A large file into a box and out of it again, and what the services hold meanwhile."""

import hashlib
import os
import tarfile
import tempfile
import time

from ..bench import Bench, Contenders
from ..memory import Peak
from .loopback import raw_download, raw_upload

SIZE = 1 << 30
SECTION = "A file of 1 GiB"
ROUNDS = 3
PATH = "benchmark.bin"
BESIDE = {
    "raw: loopback TCP into a file": "upload",
    "raw: a file into loopback TCP": "download",
    "raw: cnats, publish to subscriber": "download",
    "peer: docker cp, into": "upload",
    "peer: docker cp, out of": "download",
}


def measure(bench: Bench) -> None:
    sandbox = bench.fleet.create()
    with tempfile.NamedTemporaryFile(dir=bench.directory) as source:
        # Random, so that nothing on the way gains by compressing or by holes.
        for _ in range(SIZE >> 20):
            source.write(os.urandom(1 << 20))
        source.flush()
        services = {name: bench.fleet.pid(name) for name in ("gateway", "worker")}
        rates: dict[str, list[float]] = {}

        def keep(name: str, nanoseconds: list[int]) -> None:
            rates.setdefault(name, []).append(SIZE / 1e6 / (nanoseconds[0] / 1e9))

        contenders = Contenders(bench)
        contenders.add("upload", lambda: [upload(bench, sandbox, source.name)])
        contenders.add("download", lambda: [download(bench, sandbox)])
        contenders.add("raw: loopback TCP into a file", lambda: [raw_upload(source.name, bench.directory)])
        contenders.add("raw: a file into loopback TCP", lambda: [raw_download(source.name)])
        if bench.broker:
            frame = 64 << 10
            stream = lambda: bench.parts.run("stream", bench.broker.url, SIZE >> 20, frame, 0)
            contenders.add("raw: cnats, publish to subscriber", stream)
        container = None
        if bench.docker:
            container = bench.docker.create()
            archive = packed(source.name, bench.directory)
            contenders.add("peer: docker cp, into", lambda: [timed(lambda: bench.docker.put_archive(container, archive))])
            copied = lambda: bench.docker.get_archive(container, f"/{PATH}", SIZE)
            contenders.add("peer: docker cp, out of", lambda: [timed(copied)])
        try:
            with Peak(services) as peak:
                contenders.run(ROUNDS, keep)
        finally:
            if container:
                bench.docker.remove(container)
                os.unlink(archive)
        verify(bench, sandbox, source.name)
        bench.fleet.delete(sandbox)
    for name, taken in rates.items():
        taken.sort()
        budget = 250 if name in ("upload", "download") else None
        spread = [taken[0], taken[-1]]
        median = taken[len(taken) // 2]
        bench.report.value(SECTION, name, median, "MB/s", at_least=budget, spread=spread, beside=BESIDE.get(name))
    for role in services:
        note = f"PSS {peak.before[role]:.0f} before, {peak.highest[role]:.0f} at most"
        bench.report.value(SECTION, f"peak of the {role} (VmHWM)", peak.resident[role], "MiB", at_most=100, note=note)


def packed(source: str, directory: str) -> str:
    """As a tar, which is what `docker cp` sends."""
    archive = os.path.join(directory, "transfer.tar")
    with tarfile.open(archive, mode="w") as tar:
        tar.add(source, arcname=PATH)
    return archive


def timed(work) -> int:
    began = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - began


def target(sandbox: str) -> str:
    return f"/v1/sandboxes/{sandbox}/files?path={PATH}"


def upload(bench: Bench, sandbox: str, source: str) -> int:
    """Sends straight from the page cache; http.client would copy every byte twice."""
    connection = bench.fleet.connection()
    began = time.perf_counter_ns()
    connection.putrequest("PUT", target(sandbox))
    for name, value in (bench.fleet.headers | {"Content-Length": str(SIZE)}).items():
        connection.putheader(name, value)
    connection.endheaders()
    with open(source, "rb") as file:
        connection.sock.sendfile(file)
    answer = connection.getresponse()
    content = answer.read()
    took = time.perf_counter_ns() - began
    connection.close()
    if answer.status >= 400:
        raise RuntimeError(f"upload: {answer.status} {content!r}")
    return took


def download(bench: Bench, sandbox: str) -> int:
    connection = bench.fleet.connection()
    buffer = bytearray(1 << 20)
    began = time.perf_counter_ns()
    connection.request("GET", target(sandbox), headers=bench.fleet.headers)
    answer = connection.getresponse()
    received = 0
    while count := answer.readinto(buffer):
        received += count
    took = time.perf_counter_ns() - began
    connection.close()
    if received != SIZE:
        raise RuntimeError(f"download: {received} of {SIZE} bytes")
    return took


def verify(bench: Bench, sandbox: str, source: str) -> None:
    with open(source, "rb") as file:
        outside = hashlib.file_digest(file, "sha256").hexdigest()
    body = {"command": "sha256sum", "args": [PATH]}
    inside = bench.fleet.call("POST", f"/v1/sandboxes/{sandbox}/commands", body)["stdout"].split()[0]
    if inside != outside:
        raise RuntimeError(f"the file in the box is not what was sent: {inside}, not {outside}")
