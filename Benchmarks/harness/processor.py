"""Processor time that processes take."""

import os

TICKS = os.sysconf("SC_CLK_TCK")


def seconds(process: int) -> float:
    """Of user and system together, as the kernel counts it."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


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
