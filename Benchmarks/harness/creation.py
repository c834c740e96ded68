"""From nothing to the end of the first command."""

import shutil
import time

from .bench import Bench, Contenders
from .samples import Samples

ROUNDS = 4
SEQUENTIAL = "Create to first command done"
BURST = "Create to first command done, 50 at once"
AT_ONCE = 50


def measure(bench: Bench) -> None:
    sequential(bench)
    burst(bench)


def requests(bench: Bench) -> tuple[str, str]:
    return (
        bench.load.request("POST", "/v1/sandboxes", {"provider": "local"}),
        bench.load.request("POST", "/v1/sandboxes/{id}/commands", {"command": "true", "args": []}),
    )


def sequential(bench: Bench) -> None:
    create, command = requests(bench)
    made: list[str] = []
    only: list[list[int]] = []

    def sandboxes() -> list[int]:
        loop = bench.load.run(create, command, iterations=10, warm_up=1 if made else 3)
        made.extend(loop.ids)
        only.append(loop.first)
        return loop.nanoseconds

    contenders = Contenders(bench)
    contenders.add("create and run", sandboxes)
    if program := shutil.which("bwrap"):
        contenders.add("raw: bubblewrap of true", lambda: bench.parts.run("spawn", 20, program, *BUBBLEWRAP))
    else:
        bench.report.skip("raw: bubblewrap of true", "there is no bwrap")
    if bench.docker:
        contenders.add("peer: docker create, start, exec", lambda: docker_create(bench.docker))
    samples: dict[str, Samples] = {}
    contenders.run(ROUNDS, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
    for name, taken in samples.items():
        if name == "create and run":
            bench.report.times(SEQUENTIAL, name, taken, budget=15)
        else:
            bench.report.times(SEQUENTIAL, name, taken, beside="create and run")
    answered = Samples()
    for taken in only:
        answered.add(taken)
    bench.report.times(SEQUENTIAL, "of which: create answered", answered)
    bench.report.times(SEQUENTIAL, "delete", deletions(bench, made))


BUBBLEWRAP = [
    "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "/bin/true",
]


def docker_create(docker) -> list[int]:
    taken, made = [], []
    for _ in range(3):
        began = time.perf_counter_ns()
        container = docker.create()
        made.append(container)
        docker.execute(container, ["/bin/true"])
        taken.append(time.perf_counter_ns() - began)
    for container in made:
        docker.remove(container)
    return taken


def burst(bench: Bench) -> None:
    create, command = requests(bench)
    samples, whole = Samples(), Samples()
    for _ in range(3):
        loop = bench.load.run(create, command, connections=AT_ONCE, iterations=AT_ONCE)
        samples.add(loop.nanoseconds)
        whole.add([loop.total])
        deletions(bench, loop.ids)
    bench.report.times(BURST, "each", samples)
    bench.report.times(BURST, "all", whole)


def deletions(bench: Bench, sandboxes: list[str]) -> Samples:
    taken = []
    connection = bench.fleet.connection()
    for sandbox in sandboxes:
        began = time.perf_counter_ns()
        bench.fleet.call("DELETE", f"/v1/sandboxes/{sandbox}", connection=connection)
        taken.append(time.perf_counter_ns() - began)
    connection.close()
    samples = Samples()
    samples.add(taken)
    return samples
