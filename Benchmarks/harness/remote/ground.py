"""A fleet of its own with all providers behind it: those of this machine stand for the clouds."""

import dataclasses
import os

from ..bench import Bench
from ..fleet import Fleet
from ..load import Load
from ..raw import Missing
from .daytona import Daytona
from .docker import Docker
from .provider import Daemon, Provider
from .sprites import Sprites
from .vercel import Vercel


class Ground:
    """From the start of the providers to their end."""

    def __init__(self, bench: Bench) -> None:
        self.providers: list[Provider] = []
        daemon = Daemon(bench.release)
        directory = os.path.join(bench.directory, "remote")
        os.mkdir(directory)
        os.chmod(directory, 0o711)
        self.fleet: Fleet | None = None
        try:
            if bench.docker:
                self.providers.append(Docker(daemon, bench.docker))
            for kind in (Vercel, Daytona, Sprites):
                try:
                    self.providers.append(kind(daemon))
                except Missing as missing:
                    bench.report.skip(kind.name, str(missing))
            environment = {name: text for each in self.providers for name, text in each.environment.items()}
            self.fleet = Fleet(bench.release, directory, environment)
        except BaseException:
            self.stop()
            raise
        self.bench = dataclasses.replace(bench, fleet=self.fleet, load=Load(bench.parts, self.fleet, directory))

    def named(self, name: str) -> Provider | None:
        return next((each for each in self.providers if each.name == name), None)

    def __enter__(self) -> "Ground":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> None:
        if self.fleet:
            self.fleet.stop()
        for each in self.providers:
            each.stop()
