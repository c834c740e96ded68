"""Times of one thing, and what they say."""

import statistics

# Of the samples, for plots: closer together where latencies are told by.
QUANTILES = [share / 100 for share in range(0, 95, 5)] + [0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.999, 1.0]


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
        return _percentile(self.all, share)

    @property
    def median(self) -> float:
        return self.percentile(0.5)

    @property
    def medians(self) -> list[float]:
        """Milliseconds, one of each round."""
        return [statistics.median(samples) / 1e6 for samples in self.rounds]

    def summary(self) -> dict:
        """Milliseconds. The spread is that of the rounds' medians: what another run may give."""
        medians = self.medians
        ordered = self.all
        return {
            "count": len(ordered),
            "median": _percentile(ordered, 0.5),
            "p95": _percentile(ordered, 0.95),
            "p99": _percentile(ordered, 0.99),
            "least": ordered[0] / 1e6,
            "greatest": ordered[-1] / 1e6,
            "spread": [min(medians), max(medians)],
            "rounds": [round(median, 6) for median in medians],
            "quantiles": [[share, round(_percentile(ordered, share), 6)] for share in QUANTILES],
        }


def _percentile(ordered: list[int], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1e6
