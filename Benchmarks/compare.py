"""Compares two builds, measured in turns on the same machine.

    Benchmarks/compare.py <base> <head> [--only exec] [--rounds 6] [--output .build/bench-compare]

Each of the two is a commit, which is built in a worktree of its own, or a folder of executables. The harness is this
tree's for both. Whole systems beside ours are left out; raw parts stay, as controls: they are in neither build.
"""

import argparse
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True

from harness.comparison.build import executables
from harness.comparison.pairs import pairs
from harness.comparison.table import markdown
from harness.sections import SECTIONS

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run.py")


def main() -> int:
    options = arguments()
    try:
        names, folders = zip(*(executables(name) for name in (options.base, options.head)))
    except (RuntimeError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
    documents: tuple[list[dict], list[dict]] = ([], [])
    for turn in range(options.rounds):
        # Base first, then head first: what only comes later in each pair meets both alike.
        for side in (0, 1) if turn % 2 == 0 else (1, 0):
            print(f"══ {('base', 'head')[side]}, {turn + 1} of {options.rounds}", flush=True)
            output = os.path.join(options.output, f"{('base', 'head')[side]}-{turn + 1}")
            documents[side].append(measured(folders[side], options.only, output))
    found, rest = pairs(*documents)
    text = markdown(names[0], names[1], options.rounds, found, rest)
    path = os.path.join(options.output, "compare.md")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    print(text)
    print(f"Written: {path}")
    return 0


def measured(folder: str, only: str, output: str) -> dict:
    command = [sys.executable, "-B", PROGRAM, folder, "--only", only, "--output", output, "--ours"]
    done = subprocess.run(command, check=False)
    with open(os.path.join(output, "bench.json"), encoding="utf-8") as file:
        document = json.load(file)
    if done.returncode != 0:
        sys.exit(f"{folder} could not be measured: {document['failed']}")
    return document


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare two builds, measured in turns.")
    parser.add_argument("base", help="a commit, or a folder of executables")
    parser.add_argument("head", help="the same")
    parser.add_argument("--only", default="exec,create", help="sections, by commas: " + ", ".join(SECTIONS))
    parser.add_argument("--rounds", type=int, default=6, help="how often each is measured")
    parser.add_argument("--output", default=".build/bench-compare", help="where the reports go")
    options = parser.parse_args()
    if options.rounds < 2:
        parser.error("two rounds at least: one has no noise")
    return options


if __name__ == "__main__":
    sys.exit(main())
