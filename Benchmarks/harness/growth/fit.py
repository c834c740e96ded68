"""How a cost grows: which of three curves the medians follow.

A curve is fitted by least squares, each point weighted by its own noise: half of what its rounds lay apart, and no less than
FLOOR of it. The squared distances in units of that noise, plus PENALTY for each coefficient, are what a curve is judged by;
the lowest wins. A slope therefore has to explain more than noise does before a cost is said to grow at all.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from .point import Point

# Medians of the same thing differ by so much of themselves on a machine that is doing other things too.
FLOOR = 0.05
# Where nothing grows, noise alone makes up a slope worth this much in one of a hundred measurements.
PENALTY = 6.6
# Of a point: beyond it a curve is the nearest of three, and not what the cost does.
NEAR = 0.5
SHAPES: dict[str, Callable[[float], float]] = {"log": math.log, "linear": float}


@dataclass(frozen=True)
class Fit:
    """y = base + slope · shape(x)."""

    shape: str
    base: float
    slope: float
    # The greatest distance of a point from the curve, as a share of the point.
    off: float

    @property
    def is_near(self) -> bool:
        return self.off <= NEAR

    def at(self, x: float) -> float:
        return self.base if self.shape == "constant" else self.base + self.slope * SHAPES[self.shape](x)

    def formula(self, unit: str) -> str:
        base = f"{self.base:.4g}"
        if self.shape == "constant":
            return f"constant: {base} {unit}".rstrip()
        by = "ln n" if self.shape == "log" else "n"
        sign = "−" if self.slope < 0 else "+"
        return f"{self.shape}: {base} {sign} {abs(self.slope):.4g}·{by} {unit}".rstrip()


def fit(points: list[Point]) -> Fit:
    """At least three sizes: through two of them goes every line."""
    if len({point.x for point in points}) < 3:
        raise ValueError("a curve takes three sizes")
    noise = [max(FLOOR * abs(point.y), (point.high - point.low) / 2, 1e-12) for point in points]
    fits = [_constant(points, noise), *(_line(points, noise, shape) for shape in SHAPES)]
    return min(fits, key=lambda each: _score(each, points, noise))


def _score(found: Fit, points: list[Point], noise: list[float]) -> float:
    distance = sum(((point.y - found.at(point.x)) / error) ** 2 for point, error in zip(points, noise))
    return distance + PENALTY * (1 if found.shape == "constant" else 2)


def _constant(points: list[Point], noise: list[float]) -> Fit:
    weights = [error**-2 for error in noise]
    return _measured("constant", sum(w * p.y for w, p in zip(weights, points)) / sum(weights), 0.0, points)


def _line(points: list[Point], noise: list[float], shape: str) -> Fit:
    weights = [error**-2 for error in noise]
    total = sum(weights)
    xs = [SHAPES[shape](point.x) for point in points]
    mean_x = sum(w * x for w, x in zip(weights, xs)) / total
    mean_y = sum(w * p.y for w, p in zip(weights, points)) / total
    spread = sum(w * (x - mean_x) ** 2 for w, x in zip(weights, xs))
    slope = sum(w * (x - mean_x) * (p.y - mean_y) for w, x, p in zip(weights, xs, points)) / spread
    return _measured(shape, mean_y - slope * mean_x, slope, points)


def _measured(shape: str, base: float, slope: float, points: list[Point]) -> Fit:
    found = Fit(shape, base, slope, 0.0)
    off = max(abs(p.y - found.at(p.x)) / abs(p.y) for p in points if p.y) if any(p.y for p in points) else 0.0
    return Fit(shape, base, slope, off)
