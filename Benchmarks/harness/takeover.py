"""A worker dies, and another one takes over what it served."""

import concurrent.futures
import os
import signal
import time

from .bench import Bench
from .samples import Samples

COUNT = 1000
# With another worker on the host.
FEWER = 300
AT_ONCE = 16


def measure(bench: Bench) -> None:
    """The one worker is started again by its supervisor; of two the other one is there already."""
    killed(bench, f"A worker dies with {COUNT} sandboxes", COUNT)
    with bench.another("takeover", flags=["--workers", "2"]) as other:
        killed(other, f"One of two workers dies, with its half of {FEWER} sandboxes", FEWER)


def killed(bench: Bench, section: str, count: int) -> None:
    """What counts is from its death to the last sandbox served."""
    fleet = bench.fleet
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        began = time.perf_counter_ns()
        sandboxes = list(pool.map(lambda _: fleet.create(), range(count)))
        bench.report.value(section, f"made, {AT_ONCE} at once", count / ((time.perf_counter_ns() - began) / 1e9), "/s")
        warm = Samples()
        warm.add([one(fleet, sandbox) for sandbox in sandboxes[:200]])
        bench.report.times(section, "a command among them, before", warm)
        os.kill(fleet.pid("worker"), signal.SIGKILL)
        died = time.perf_counter_ns()

        def served(sandbox: str) -> int:
            while True:
                try:
                    one(fleet, sandbox)
                    return time.perf_counter_ns() - died
                except RuntimeError as error:
                    # Told that nobody serves it yet; everything else is a failure.
                    if not any(code in str(error) for code in (": 502", ": 503", ": 504")):
                        raise
                    time.sleep(0.05)

        taken = sorted(pool.map(served, sandboxes))
        everything = Samples()
        everything.add(taken)
        bench.report.times(section, "from its death to a command served, each", everything)
        bench.report.value(section, "the first", taken[0] / 1e9, "s")
        bench.report.value(section, "all", taken[-1] / 1e9, "s")
        list(pool.map(fleet.delete, sandboxes))


def one(fleet, sandbox: str) -> int:
    began = time.perf_counter_ns()
    fleet.call("POST", f"/v1/sandboxes/{sandbox}/commands", {"command": "true", "args": []})
    return time.perf_counter_ns() - began
