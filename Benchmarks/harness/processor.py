"""Processor time that processes take."""

import os
import time

from . import memory

TICKS = os.sysconf("SC_CLK_TCK")


def seconds(process: int) -> float:
    """Of user and system together, as the kernel counts it."""
    fields = _stat(process)
    return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0


def exact(processes: list[int]) -> float:
    """Of them and of their children that have ended; theirs to the nanosecond, for what is nearly idle."""
    total = 0.0
    for process in processes:
        if fields := _stat(process):
            total += (int(fields[13]) + int(fields[14])) / TICKS
        try:
            total += time.clock_gettime(_clock(process))
        except OSError:
            # It has ended; its parent has its time.
            continue
    return total


def _clock(process: int) -> int:
    """The clock of all of a process's threads, as clock_getcpuclockid(3) names it."""
    return (~process << 3) | 2


def family(root: int) -> float:
    """The same of a process and all that descend from it."""
    return exact(memory.family(root))


def _stat(process: int) -> list[str] | None:
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


class Spent:
    """What each of some processes took while things were done."""

    def __init__(self, processes: dict[str, int]) -> None:
        self.processes = processes
        self.taken = dict.fromkeys(processes, 0.0)

    def __enter__(self):
        self._before = {role: seconds(process) for role, process in self.processes.items()}
        return self

    def __exit__(self, *_) -> None:
        for role, process in self.processes.items():
            self.taken[role] += seconds(process) - self._before[role]
