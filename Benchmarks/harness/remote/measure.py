"""Boxes at providers: docker for real, the clouds as their emulators."""

from ..bench import Bench
from ..raw import Missing
from . import crowd, output, overhead
from .ground import Ground


def measure(bench: Bench) -> None:
    with Ground(bench) as ground:
        for part in (overhead.commands, overhead.creates, crowd.measure, output.measure):
            try:
                part(ground)
            except Missing as missing:
                raise RuntimeError(str(missing)) from None
