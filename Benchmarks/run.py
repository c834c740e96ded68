"""Measures the budgets of a release build against their raw parts and peers, in one run.

    Benchmarks/run.py <folder of the executables> [--only exec,create,…] [--output <folder>] [--strict]

Starts a fleet, a broker, a Docker engine and SWE-ReX of its own under a temporary directory, and stops them again.
Writes `bench.json` and `bench.md`. With --strict a missed budget is a failure; a shared machine should not ask for it.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile

sys.dont_write_bytecode = True

from harness import agent, checkpoints, creation, execution, footprint, readback, streaming, takeover, ticking, transfer
from harness.bench import Bench
from harness.docker import Docker
from harness.fleet import Fleet
from harness.load import Load
from harness.raw import Broker, Missing, RawParts
from harness.remote import measure as remote
from harness.report import Report
from harness.swerex import SweRex

# Seconds for the whole run.
LIMIT = 1800

SECTIONS = {
    "memory": [footprint.fleet, footprint.box],
    "exec": [execution.measure],
    "create": [creation.measure],
    "transfer": [transfer.measure],
    "stream": [streaming.measure],
    "writes": [ticking.measure],
    "readback": [readback.measure],
    "checkpoints": [checkpoints.measure],
    "takeover": [takeover.measure],
    "agent": [agent.measure],
    "remote": [remote.measure],
}

# What a section is measured beside.
PEERS = {
    "exec": ["broker", "docker", "swerex"],
    "create": ["docker"],
    "transfer": ["broker"],
    "stream": ["broker", "docker"],
    "writes": ["broker", "docker"],
    "readback": ["broker"],
    "remote": ["docker"],
}
MAKE = {"broker": Broker, "docker": Docker, "swerex": SweRex}


def main() -> int:
    options = arguments()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, interrupted)
    signal.alarm(LIMIT)
    release = os.path.realpath(options.release)
    # A socket's path is short: not below the repository.
    directory = tempfile.mkdtemp(prefix="sandfleet-bench-")
    os.chmod(directory, 0o711)
    report = Report()
    running: list = []
    try:
        parts = RawParts(directory)
        fleet = Fleet(release, directory)
        running.append(fleet)
        bench = Bench(release, directory, fleet, Load(parts, fleet, directory), parts, report)
        tried: set[str] = set()
        for name in options.only:
            start_peers(bench, [peer for peer in PEERS.get(name, []) if peer not in tried], running)
            tried.update(PEERS.get(name, []))
            print(f"── {name}", flush=True)
            try:
                for measure in SECTIONS[name]:
                    measure(bench)
            except RuntimeError as error:
                report.fail(name, str(error))
    except RuntimeError as error:
        sys.exit(str(error))
    finally:
        signal.alarm(0)
        for service in reversed(running):
            service.stop()
        shutil.rmtree(directory, ignore_errors=True)
        report.write(options.output)
    print(f"Written: {options.output}/bench.md and bench.json")
    if report.missed:
        print("Missed: " + ", ".join(report.missed))
    return 1 if report.failed or options.strict and report.missed else 0


def interrupted(number: int, _) -> None:
    """Everything that was started is stopped on the way out."""
    reason = f"not done within {LIMIT} s" if number == signal.SIGALRM else signal.Signals(number).name
    sys.exit(f"stopped: {reason}")


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
    options = parser.parse_args()
    options.only = options.only.split(",")
    if unknown := [name for name in options.only if name not in SECTIONS]:
        parser.error("unknown: " + ", ".join(unknown))
    return options


if __name__ == "__main__":
    sys.exit(main())
