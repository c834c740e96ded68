"""The way of one command through the fleet, from the moments in which each part of it got a processor."""

from collections.abc import Callable

from .trace import Event

CLIENT = "http_load"
# What lies between two moments, in order.
HOPS = [
    "gateway: HTTP, key, body; broker to the worker",
    "worker: lease, operation, row made ready",
    "Postgres: the row, committed",
    "worker: starts it in the box",
    "boxd: a process in its group, until exec",
    "the program, exec to exit",
    "boxd: reaps it, tells of it",
    "worker: composes the output, appends",
    "broker: the output, stored; worker",
    "Postgres: the end, committed",
    "worker and broker: the answer",
    "gateway: the answer, to the client",
]


def commands(events: list[Event], program: str) -> list[list[float]]:
    """The microseconds of each hop, for each command whose way is seen as a whole."""
    begins = [index for index, event in enumerate(events) if event.kind == "exec" and event.name == program]
    found = []
    for begin in begins:
        moments = way(events, begin, program)
        if moments is None:
            continue
        taken = [later - earlier for earlier, later in zip(moments, moments[1:])]
        # Processors run side by side: a way that seems to go back is not one.
        if min(taken) >= 0:
            found.append(taken)
    return found


def way(events: list[Event], begin: int, program: str) -> list[float] | None:
    """The moments between which the hops lie."""

    def find(index: int | None, step: int, wanted: Callable[[Event], bool]) -> int | None:
        while index is not None and 0 <= index + step < len(events):
            index += step
            if wanted(events[index]):
                return index
        return None

    def service(name: str) -> Callable[[Event], bool]:
        return lambda event: event.kind == "run" and event.service == name

    def resumed(index: int | None) -> int | None:
        """When the worker goes on after Postgres, which has last run before that moment."""
        last = find(index, -1, lambda event: event.kind == "run" and event.former == "postgres")
        return last if last is not None and events[last].service == "worker" else find(last, 1, service("worker"))

    asked = find(begin, -1, lambda event: event.kind == "run" and event.before == CLIENT)
    worker = find(asked, 1, service("worker"))
    inserting = find(worker, 1, service("postgres"))
    boxd = find(inserting, 1, lambda event: event.kind == "run" and event.name == "boxd")
    inserted = resumed(boxd)
    exit_ = find(begin, 1, lambda event: event.kind == "exit" and event.name == program)
    told = find(exit_, 1, lambda event: event.kind == "run" and event.name == "box-loop")
    appending = find(told, 1, service("nats"))
    ending = find(appending, 1, service("postgres"))
    gateway = find(ending, 1, service("gateway"))
    ended = resumed(gateway)
    answered = find(gateway, 1, lambda event: event.kind == "run" and event.name == CLIENT)
    moments = [asked, worker, inserting, inserted, boxd, begin, exit_, told, appending, ending, ended, gateway, answered]
    if any(moment is None for moment in moments):
        return None
    return [events[moment].microseconds for moment in moments if moment is not None]
