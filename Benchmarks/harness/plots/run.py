"""Has the plots of a report drawn, where that can be done."""

import os
import subprocess
from collections.abc import Callable

from ..environment import ENVIRONMENT, install
from ..raw import Missing

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "draw.py")


def draw(folder: str, skip: Callable[[str, str], None]) -> None:
    """Of `bench.json` in a folder, as SVG beside it; in a process of its own, whose Python has the library."""
    try:
        install()
    except Missing as missing:
        skip("plots", str(missing))
        return
    python = os.path.join(ENVIRONMENT, "bin", "python")
    done = subprocess.run([python, "-B", PROGRAM, folder], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        skip("plots", done.stderr.strip()[-300:])
