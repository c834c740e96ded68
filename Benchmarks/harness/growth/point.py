"""What one size cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ..samples import Samples


@dataclass(frozen=True)
class Point:
    """A median at a size, and between what the medians of the rounds lay."""

    x: float
    y: float
    low: float
    high: float

    @staticmethod
    def of_times(x: float, samples: Samples) -> Point:
        """In milliseconds."""
        summary = samples.summary()
        return Point(x, summary["median"], *summary["spread"])

    @staticmethod
    def of_values(x: float, values: list[float]) -> Point:
        ordered = sorted(values)
        return Point(x, ordered[len(ordered) // 2], ordered[0], ordered[-1])

    def json(self) -> dict:
        return asdict(self)
