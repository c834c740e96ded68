"""What a creation is, of ours and of the parts and peers beside it."""

import concurrent.futures
import shutil
import time

from ..bench import Bench
from ..docker import Docker
from ..raw import Missing
from ..samples import Samples

BUBBLEWRAP = [
    "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "/bin/true",
]


def requests(bench: Bench) -> tuple[str, str]:
    return (
        bench.load.request("POST", "/v1/sandboxes", {"provider": "local"}),
        bench.load.request("POST", "/v1/sandboxes/{id}/commands", {"command": "true", "args": []}),
    )


def bubblewrap(bench: Bench, rounds: int, at_once: int = 1) -> list[int]:
    """From the start of all to the end of each: the least that a box of its kind takes."""
    program = shutil.which("bwrap")
    if program is None:
        raise Missing("there is no bwrap")
    return bench.parts.run("burst", rounds, at_once, program, *BUBBLEWRAP)


def docker_create(docker: Docker, count: int) -> list[int]:
    """One after another: create, start, and the first command."""
    made: list[str] = []
    try:
        return [_docker_one(docker, made) for _ in range(count)]
    finally:
        for container in made:
            docker.remove(container)


def docker_burst(docker: Docker, count: int) -> list[int]:
    """All at once, each over a connection of its own; from the start of all to the end of each."""
    made: list[str] = []
    engines = [docker.another() for _ in range(count)]
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        began = time.perf_counter_ns()

        def one(engine: Docker) -> int:
            _docker_one(engine, made)
            return time.perf_counter_ns() - began

        try:
            return list(pool.map(one, engines))
        finally:
            list(pool.map(docker.remove_at_once, list(made)))


def _docker_one(docker: Docker, made: list[str]) -> int:
    began = time.perf_counter_ns()
    container = docker.create()
    made.append(container)
    docker.execute(container, ["/bin/true"])
    return time.perf_counter_ns() - began


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
