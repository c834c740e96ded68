"""Puts a report into the documentation.

    Benchmarks/publish.py [<folder of bench.json>] [<folder of the documentation>]

The tables go between the marks of `performance.md`, the plots beside them into `performance/`.
"""

import json
import os
import shutil
import sys

sys.dont_write_bytecode = True

from harness.publication import published

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def main(report: str, documentation: str) -> None:
    with open(os.path.join(report, "bench.json"), encoding="utf-8") as file:
        document = json.load(file)
    page = os.path.join(documentation, "performance.md")
    plots = os.path.join(documentation, "performance")
    os.makedirs(plots, exist_ok=True)
    for name in os.listdir(plots):
        if name.endswith(".svg"):
            os.unlink(os.path.join(plots, name))
    names = sorted(name for name in os.listdir(report) if name.endswith(".svg"))
    for name in names:
        shutil.copyfile(os.path.join(report, name), os.path.join(plots, name))
    with open(page, encoding="utf-8") as file:
        text = file.read()
    with open(page, "w", encoding="utf-8") as file:
        file.write(published(text, document, [f"performance/{name}" for name in names]))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if len(arguments) > 2:
        sys.exit(__doc__)
    main(*(arguments + [os.path.join(ROOT, ".build", "bench"), os.path.join(ROOT, "docs")][len(arguments):]))
