"""Times of one thing, and what they say."""

import statistics


class Samples:
    """Nanoseconds, kept by the round in which they were taken."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []

    def add(self, nanoseconds: list[int]) -> None:
        if nanoseconds:
            self.rounds.append(nanoseconds)

    @property
    def all(self) -> list[int]:
        return sorted(sample for samples in self.rounds for sample in samples)

    def percentile(self, share: float) -> float:
        """Milliseconds that this share of the samples does not exceed."""
        ordered = self.all
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1e6

    @property
    def median(self) -> float:
        return self.percentile(0.5)

    def summary(self) -> dict:
        """Milliseconds. The spread is that of the rounds' medians: what another run may give."""
        medians = [statistics.median(samples) / 1e6 for samples in self.rounds]
        ordered = self.all
        return {
            "count": len(ordered),
            "median": self.median,
            "p95": self.percentile(0.95),
            "p99": self.percentile(0.99),
            "least": ordered[0] / 1e6,
            "greatest": ordered[-1] / 1e6,
            "spread": [min(medians), max(medians)],
        }
