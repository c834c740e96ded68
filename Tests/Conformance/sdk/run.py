#!/usr/bin/env python3
"""Proves the emulators: by their own tests, and by the providers' official SDKs.

    run.py [--prepare] [NAME…]

Each generation of SDKs has an environment of its own. Every suite is a process of pytest, as many at a time as there
are processors. `--prepare` only makes the environments.
The last line is `N passed, N failed`; the exit code is 0 if nothing failed and every suite ran something.
"""

import argparse
import concurrent.futures
import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUILD = ROOT / ".build"
EMULATORS = ROOT / "Tests" / "Emulators"
LIMIT = int(os.environ.get("SANDFLEET_TEST_LIMIT", "600"))


@dataclass(frozen=True)
class Environment:
    """A virtual environment with exactly what a requirements file names."""

    name: str
    requirements: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return BUILD / "sdk" / self.name / "bin" / "python"

    def prepare(self) -> None:
        """Makes it unless it is up to date. Runs that come at the same time wait for each other."""
        directory = self.python.parents[1]
        directory.parent.mkdir(parents=True, exist_ok=True)
        wanted = hashlib.sha256(self.requirements.read_bytes()).hexdigest()
        stamp = directory / "requirements.sha256"
        with (directory.parent / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if stamp.exists() and stamp.read_text() == wanted:
                return
            print(f"making the environment {self.name}", flush=True)
            python = os.environ.get("PYTHON", "/usr/bin/python3")
            subprocess.run([python, "-m", "venv", "--clear", directory], check=True)
            pip = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "--requirement", self.requirements], check=True)
            stamp.write_text(wanted)


@dataclass(frozen=True)
class Suite:
    """A folder of tests and the interpreter that runs them."""

    name: str
    folder: Path
    python: Path

    def run(self) -> "Result":
        """Runs all of it."""
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as directory:
            report = Path(directory) / "report.xml"
            command = [self.python, "-B", "-m", "pytest", "-q", f"--junitxml={report}", self.folder]
            environment = {**os.environ, "SANDFLEET_TEST_PYTHON": str(emulator_python())}
            try:
                done = subprocess.run(
                    command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, timeout=LIMIT,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                )
                code, output = done.returncode, done.stdout.decode(errors="replace")
            except subprocess.TimeoutExpired as late:
                # Its emulators end with it: what they have for standard input is closed.
                output = (late.stdout or b"").decode(errors="replace") + f"\n{self.name} did not end within {LIMIT} s\n"
                code = 124
            passed, failed, skipped = counts(report)
        if code and not failed or not passed + failed:
            # It crashed, hung, or ran nothing at all: broken as well.
            failed += 1
        return Result(self.name, passed, failed, skipped, time.monotonic() - began, output)


@dataclass(frozen=True)
class Result:
    """What came of a suite."""

    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    output: str


def counts(report: Path) -> tuple[int, int, int]:
    """Passed, failed and skipped, from pytest's own report; zeros when there is none."""
    if not report.exists():
        return 0, 0, 0
    total = failed = skipped = 0
    for suite in xml.etree.ElementTree.parse(report).iter("testsuite"):
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return max(0, total - failed - skipped), failed, skipped


def emulator_python() -> Path:
    """The interpreter that has the emulators' requirements."""
    return Path(os.environ.get("SANDFLEET_TEST_PYTHON", BUILD / "venv" / "bin" / "python"))


def environments() -> list[Environment]:
    """One for each requirements file."""
    found = [Environment("current", HERE / "requirements.txt")]
    older = HERE / "requirements-older.txt"
    return [*found, Environment("older", older)] if older.exists() else found


def suites() -> list[Suite]:
    """All there are: `<provider>/`, `older/<provider>/`, and the emulators' own tests folder by folder."""
    places = [(HERE, "sdk", environments()[0].python)]
    if (HERE / "older").is_dir():
        places.append((HERE / "older", "older sdk", environments()[-1].python))
    places.append((EMULATORS / "tests", "emulator", emulator_python()))
    return [
        Suite(f"{kind} {folder.name}", folder, python)
        for parent, kind, python in places
        for folder in sorted(parent.iterdir())
        if folder.is_dir() and list(folder.glob("test_*.py"))
    ]


def main() -> int:
    """Prepares, runs and sums up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepare", action="store_true")
    parser.add_argument("names", nargs="*", help="only suites whose name contains one of these")
    options = parser.parse_args()
    for environment in environments():
        environment.prepare()
    if options.prepare:
        return 0
    wanted = [suite for suite in suites() if not options.names or any(name in suite.name for name in options.names)]
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        for result in concurrent.futures.as_completed([pool.submit(suite.run) for suite in wanted]):
            each: Result = result.result()
            passed, failed = passed + each.passed, failed + each.failed
            if each.failed:
                print(each.output)
            skipped = f", {each.skipped} skipped" if each.skipped else ""
            mark = "✘" if each.failed else "✔"
            sums = f"{each.passed} passed, {each.failed} failed{skipped}"
            print(f"{mark} {each.name}: {sums} ({each.seconds:.1f} s)", flush=True)
            if each.skipped and not each.failed:
                print("\n".join(line for line in each.output.splitlines() if line.startswith("SKIPPED")))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
