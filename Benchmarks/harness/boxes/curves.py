"""Costs by how many boxes there are."""

from ..growth.point import Point


class Curves:
    """The same of each count."""

    def __init__(self) -> None:
        self.points: dict[str, list[Point]] = {}

    def add(self, name: str, point: Point) -> None:
        self.points.setdefault(name, []).append(point)
