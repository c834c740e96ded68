"""From nothing to the end of the first command."""

from ..bench import Bench
from .burst import bursts
from .pool import pooled
from .sequential import sequential


def measure(bench: Bench) -> None:
    sequential(bench)
    bursts(bench)
    pooled(bench)
