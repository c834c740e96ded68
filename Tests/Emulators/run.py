#!/usr/bin/env python3
"""Runs one emulator: `run.py sprites --token secret`.

Its folder is a package beside `cloud`; its `emulator.py` has `Emulator`.
"""

import importlib
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True


def main() -> int:
    """Loads the emulator that is named first and serves it until it is told to end."""
    here = Path(__file__).resolve().parent
    names = sorted(path.parent.name for path in here.glob("*/emulator.py") if path.parent.name != "cloud")
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        print(f"usage: run.py {'|'.join(names)} [--help | options]", file=sys.stderr)
        return 2
    # In front of everything that is installed: a provider's SDK may have the same name as its emulator.
    sys.path.insert(0, str(here))
    # What is laid out for a machine's users has to be theirs to enter, whoever starts this.
    os.umask(0o022)
    emulator = importlib.import_module(f"{sys.argv[1]}.emulator")
    serving = importlib.import_module("cloud.serving")
    return int(serving.main(emulator.Emulator, sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
