"""How long a provider takes to do what it was asked."""

from collections.abc import Mapping

from cloud.clock import Clock


class Delays:
    """Named waits, each with a default; `--delay start=2` sets one, `--delay 0` all of them."""

    def __init__(self, clock: Clock, defaults: Mapping[str, float], settings: list[str]) -> None:
        self._clock = clock
        self.seconds = dict(defaults)
        for setting in settings:
            name, separator, value = setting.rpartition("=")
            if separator and name not in self.seconds:
                raise ValueError(f"unknown delay {name}, known are {', '.join(sorted(self.seconds))}")
            for each in [name] if separator else list(self.seconds):
                self.seconds[each] = float(value)

    async def wait(self, name: str) -> None:
        """Lets the delay of that name pass."""
        await self._clock.sleep(self.seconds[name])
