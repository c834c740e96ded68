"""Measures the budgets of a release build against their raw parts and peers, in one run.

    Benchmarks/run.py <folder of the executables> [--only exec,create,…] [--output <folder>] [--strict]

Starts fleets, a broker, a Docker engine and SWE-ReX of its own under a temporary directory, and stops them again.
Writes `bench.json`, `bench.md` and plots. With --strict a missed budget is a failure; a shared machine should not ask for it.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True

from harness.bench import Bench
from harness.fleet import Fleet
from harness.load import Load
from harness.plots.run import draw
from harness.raw import Missing, RawParts
from harness.report import Report
from harness.sections import MAKE, PEERS, SECTIONS, SYSTEMS



class Late(BaseException):
    """No section is to take it for its own failure."""


def main() -> int:
    options = arguments()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, interrupted)
    signal.alarm(options.limit)
    # A socket's path is short: not below the repository.
    directory = tempfile.mkdtemp(prefix="sandfleet-bench-")
    os.chmod(directory, 0o711)
    report = Report()
    running: list = []
    try:
        measure(options, directory, report, running)
    except Late:
        report.fail("the rest", f"not done within {options.limit} s")
    except RuntimeError as error:
        sys.exit(str(error))
    finally:
        signal.alarm(0)
        for service in reversed(running):
            service.stop()
        shutil.rmtree(directory, ignore_errors=True)
        report.write(options.output)
    if not options.ours:
        draw(options.output, report.skip)
    print(f"Written: {options.output}/bench.md and bench.json")
    if report.missed:
        print("Missed: " + ", ".join(report.missed))
    return 1 if report.failed or options.strict and report.missed else 0


def measure(options: argparse.Namespace, directory: str, report: Report, running: list) -> None:
    """Each section; one that fails does not keep the others from being measured."""
    release = os.path.realpath(options.release)
    parts = RawParts(directory)
    fleet = Fleet(release, directory)
    running.append(fleet)
    bench = Bench(release, directory, fleet, Load(parts, fleet, directory), parts, report)
    tried: set[str] = SYSTEMS.copy() if options.ours else set()
    for name in options.only:
        start_peers(bench, [peer for peer in PEERS.get(name, []) if peer not in tried], running)
        tried.update(PEERS.get(name, []))
        print(f"── {name}", flush=True)
        began = time.monotonic()
        try:
            for part in SECTIONS[name]:
                part(bench)
        except Exception as error:
            traceback.print_exc()
            report.fail(name, f"{type(error).__name__}: {error}")
        report.seconds[name] = round(time.monotonic() - began, 1)
        print(f"  ({report.seconds[name]:.0f} s)", flush=True)


def interrupted(number: int, _) -> None:
    """Everything that was started is stopped on the way out."""
    if number == signal.SIGALRM:
        raise Late
    sys.exit(f"stopped: {signal.Signals(number).name}")


def start_peers(bench: Bench, peers: list[str], running: list) -> None:
    """Not before they are needed, so that they disturb nothing else."""
    for peer in peers:
        try:
            service = MAKE[peer](bench.directory)
        except Missing as missing:
            bench.report.skip(peer, str(missing))
            continue
        setattr(bench, peer, service)
        running.append(service)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the budgets of a release build.")
    parser.add_argument("release", help="the folder of the executables")
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, by commas: " + ", ".join(SECTIONS))
    parser.add_argument("--output", default=".build/bench", help="where the report goes")
    parser.add_argument("--strict", action="store_true", help="fail when a budget is missed")
    parser.add_argument("--ours", action="store_true", help="without the peers that are whole systems")
    parser.add_argument("--limit", type=int, default=1800, help="seconds, after which it ends with what it has")
    options = parser.parse_args()
    options.only = options.only.split(",")
    if unknown := [name for name in options.only if name not in SECTIONS]:
        parser.error("unknown: " + ", ".join(unknown))
    return options


if __name__ == "__main__":
    sys.exit(main())
