"""What the kernel's scheduler did, as `perf script` tells it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LINE = re.compile(r"\s*(?P<comm>.+?)\s+(?P<task>\d+) \[\d+\]\s+(?P<at>[\d.]+):\s+sched:(?P<event>\w+): (?P<rest>.*)")
SWITCH = re.compile(r"prev_comm=(.*) prev_pid=(\d+) .* ==> next_comm=(.*) next_pid=(\d+)")

EVENTS = ("sched_switch", "sched_process_exec", "sched_process_exit")


@dataclass(frozen=True)
class Event:
    """A processor goes from one thread to another, or a program begins or ends (then both are its own)."""

    microseconds: float
    kind: str
    # The thread's name and, where it is of the fleet, its service.
    before: str
    former: str
    name: str
    service: str


def events(lines: Iterable[str], services: dict[int, str]) -> Iterator[Event]:
    """`services` says of threads which service they are of."""
    for line in lines:
        match = LINE.match(line)
        if match is None:
            continue
        at = float(match["at"]) * 1e6
        if match["event"] == "sched_switch":
            if switch := SWITCH.search(match["rest"]):
                before, former, name, task = switch[1], int(switch[2]), switch[3], int(switch[4])
                yield Event(at, "run", before, services.get(former, before), name, services.get(task, name))
        else:
            kind = match["event"].removeprefix("sched_process_")
            yield Event(at, kind, match["comm"], "", match["comm"], "")
