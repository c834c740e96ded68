"""Reports of two builds, taken in turns, as pairs of what was measured in both."""

from collections.abc import Iterator
from dataclasses import dataclass, field

# Nothing of either build is in these: they tell what the machine does by itself.
FOREIGN = ("raw:", "peer:")


@dataclass
class Pair:
    """One row, as each report has it."""

    section: str
    name: str
    unit: str
    base: list[float] = field(default_factory=list)
    head: list[float] = field(default_factory=list)

    @property
    def is_control(self) -> bool:
        return any(word in self.name for word in FOREIGN)


def pairs(base: list[dict], head: list[dict]) -> tuple[list[Pair], list[str]]:
    """Of documents; and what cannot be compared, because not every report has it, or because it is nothing."""
    found: dict[tuple[str, str], Pair] = {}
    for side, documents in (("base", base), ("head", head)):
        for document in documents:
            for section, row in _rows(document):
                pair = found.setdefault((section, row["name"]), Pair(section, row["name"], row["unit"]))
                getattr(pair, side).append(row["value"])
    whole, rest = [], []
    for pair in found.values():
        count = (len(pair.base), len(pair.head))
        if count != (len(base), len(head)):
            rest.append(f"{pair.section}: {pair.name}: measured {count[0]} and {count[1]} times")
        elif min(pair.base + pair.head) <= 0:
            rest.append(f"{pair.section}: {pair.name}: not always more than nothing")
        else:
            whole.append(pair)
    return whole, rest


def _rows(document: dict) -> Iterator[tuple[str, dict]]:
    for section, rows in document["sections"].items():
        for row in rows:
            # How a cost grows is a name with a number beside it.
            if "how it grows" not in row["name"]:
                yield section, row
