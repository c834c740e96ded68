"""`true` in a warm box through HTTP, row and output stored."""

from ..bench import Bench
from .many import many_in_flight
from .one import one_in_flight


def measure(bench: Bench) -> None:
    sandbox = bench.fleet.create()
    try:
        one_in_flight(bench, sandbox)
        many_in_flight(bench, sandbox)
    finally:
        bench.fleet.delete(sandbox)
