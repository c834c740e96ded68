"""The same command at other systems."""

import time

from ..bench import Bench
from ..load import Load, Loop

BARE = "bare on the host, nothing stored"


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
