"""Ten thousand small files into a box and out of it again: as one archive, and one by one."""

import io
import os
import subprocess
import tarfile
import tempfile
import time

from ..bench import Bench, Contenders
from ..samples import Samples

COUNT = 10_000
SIZE = 1024
SECTION = f"{COUNT:,} files of 1 KiB"
IN, OUT = "into a box, as one archive", "out of a box, as one archive"
ONE_BY_ONE = 2000
AT_ONCE = 16
ROUNDS = 3


def measure(bench: Bench) -> None:
    sandbox = bench.fleet.create()
    archive = packed()
    contenders = Contenders(bench)
    contenders.add(IN, lambda: [into(bench, sandbox, archive)])
    contenders.add(OUT, lambda: [out_of(bench, sandbox)])
    with tempfile.TemporaryDirectory(dir=bench.directory) as folder:
        path = os.path.join(folder, "archive.tar")
        with open(path, "wb") as file:
            file.write(archive)
        contenders.add("raw: tar, unpacked to this disk", lambda: [unpacked(path, folder)])
        contenders.add("raw: tar, packed from this disk", lambda: [repacked(folder)])
        container = bench.docker.create() if bench.docker else None
        if container:
            contenders.add("peer: docker cp, into", lambda: [timed(lambda: bench.docker.put_archive(container, path))])
            copied = lambda: bench.docker.get_archive(container, "/files", COUNT * SIZE)
            contenders.add("peer: docker cp, out of", lambda: [timed(copied)])
        samples: dict[str, Samples] = {}
        try:
            contenders.run(ROUNDS, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
        finally:
            if container:
                bench.docker.remove(container)
    for name, taken in samples.items():
        beside = None if name in (IN, OUT) else IN if "into" in name or "unpacked" in name else OUT
        rate = COUNT / (taken.median / 1000)
        bench.report.times(SECTION, name, taken, beside=beside, note=f"{rate:,.0f} files a second")
    one_by_one(bench, sandbox)
    bench.fleet.delete(sandbox)


def packed() -> bytes:
    """In a hundred folders; random bytes."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for number in range(COUNT):
            entry = tarfile.TarInfo(f"files/{number % 100}/{number}")
            entry.size = SIZE
            tar.addfile(entry, io.BytesIO(os.urandom(SIZE)))
    return archive.getvalue()


def timed(work) -> int:
    began = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - began


def into(bench: Bench, sandbox: str, archive: bytes) -> int:
    connection = bench.fleet.connection()
    headers = bench.fleet.headers | {"Content-Type": "application/x-tar"}
    began = time.perf_counter_ns()
    connection.request("POST", f"/v1/sandboxes/{sandbox}/files:batch", body=archive, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    took = time.perf_counter_ns() - began
    connection.close()
    if answer.status >= 400:
        raise RuntimeError(f"files:batch: {answer.status} {content!r}")
    return took


def out_of(bench: Bench, sandbox: str) -> int:
    connection = bench.fleet.connection()
    headers = bench.fleet.headers | {"Accept": "application/x-tar"}
    began = time.perf_counter_ns()
    connection.request("GET", f"/v1/sandboxes/{sandbox}/files?path=files", headers=headers)
    content = connection.getresponse().read()
    took = time.perf_counter_ns() - began
    connection.close()
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        found = sum(1 for entry in tar if entry.isfile() and entry.size == SIZE)
    if found != COUNT:
        raise RuntimeError(f"{found} of {COUNT} files came out")
    return took


def unpacked(archive: str, folder: str) -> int:
    return timed(lambda: subprocess.run(["tar", "-xf", archive], cwd=folder, check=True))


def repacked(folder: str) -> int:
    def pack() -> None:
        with open(os.path.join(folder, "packed"), "wb") as target:
            subprocess.run(["tar", "-cf", "-", "files"], cwd=folder, stdout=target, check=True)

    return timed(pack)


def one_by_one(bench: Bench, sandbox: str) -> None:
    """A request for each, some at once."""
    put = bench.load.request("PUT", f"/v1/sandboxes/{sandbox}/files?path=single/{{n}}", {"text": "." * (SIZE - 12)})
    get = bench.load.request("GET", f"/v1/sandboxes/{sandbox}/files?path=single/{{n}}")
    for name, request in (("into a box, one by one", put), ("out of a box, one by one", get)):
        rates = [bench.load.run(request, connections=AT_ONCE, iterations=ONE_BY_ONE).rate for _ in range(ROUNDS)]
        rates.sort()
        note = f"{AT_ONCE} in flight"
        bench.report.value(SECTION, name, rates[ROUNDS // 2], "/s", spread=[rates[0], rates[-1]], note=note)
