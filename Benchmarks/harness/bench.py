"""What all sections share."""

import dataclasses
import os
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

from .docker import Docker
from .fleet import Fleet
from .load import Load
from .raw import Broker, Missing, RawParts
from .report import Report
from .swerex import SweRex


@dataclass
class Bench:
    """A running fleet and its peers; a peer that cannot run here is None."""

    # Of the executables.
    release: str
    directory: str
    fleet: Fleet
    load: Load
    parts: RawParts
    report: Report
    broker: Broker | None = None
    docker: Docker | None = None
    swerex: SweRex | None = None

    @property
    def postgres(self) -> str:
        """The fleet's own server: a committed row costs what it costs there."""
        return self.fleet.document["postgres"]["url"]

    @contextmanager
    def another(self, name: str, environment: dict[str, str] | None = None, flags: list[str] | None = None):
        """The same with another fleet, which ends with the context."""
        directory = os.path.join(self.directory, name)
        os.mkdir(directory)
        # Boxes have users of their own, who have to pass.
        os.chmod(directory, 0o711)
        with Fleet(self.release, directory, environment, flags) as fleet:
            yield dataclasses.replace(self, fleet=fleet, load=Load(self.parts, fleet, directory))

    def command(self, sandbox: str) -> str:
        """The request that runs `true`."""
        return self.load.request("POST", f"/v1/sandboxes/{sandbox}/commands", {"command": "true", "args": []})


class Contenders:
    """Things measured in turns, so that what else the machine does meets all of them alike."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.measures: dict[str, Callable[[], list[int]]] = {}

    def add(self, name: str, measure: Callable[[], list[int]]) -> None:
        """`measure` returns nanoseconds."""
        self.measures[name] = measure

    def run(self, rounds: int, keep: Callable[[str, list[int]], None]) -> None:
        """Calls `keep(name, nanoseconds)` for each turn.

        A raw part or a peer that cannot be measured is left out, aloud; what is ours may not fail.
        """
        for _ in range(rounds):
            for name, measure in list(self.measures.items()):
                try:
                    keep(name, measure())
                except Missing as missing:
                    if not name.startswith(("raw:", "peer:")):
                        raise RuntimeError(f"{name}: {missing}") from None
                    self.bench.report.skip(name, str(missing))
                    del self.measures[name]
