"""One more reaper, which tells how long its passes take: any number of them share the work."""

import os
import re
import subprocess
import time
import urllib.request

from ..bench import Bench
from ..ending import end
from ..raw import free_port
from ..startup import settings

LINE = re.compile(r'^sandfleet_reaper_pass_duration\w*_(sum|count)\{([^}]*)\} (\S+)$', re.M)


class ExtraReaper:
    """From its start to its end."""

    def __init__(self, bench: Bench) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        mark = os.path.join(bench.directory, f"reaper-{self.address[-5:]}")
        environment = settings(bench.fleet.pid("reaper"))
        environment |= {"SANDFLEET_METRICS_LISTEN": self.address, "SANDFLEET_READY_FILE": mark}
        self.log = open(f"{mark}.log", "wb")
        program = os.path.join(bench.release, "reaper")
        self.process = subprocess.Popen([program], env=environment, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 30
        while not os.path.exists(mark):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("one more reaper does not serve")
            time.sleep(0.01)

    def passes(self) -> dict[str, tuple[float, int]]:
        """Seconds in all, and how many, by duty."""
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        found: dict[str, dict[str, float]] = {}
        for kind, labels, value in LINE.findall(text):
            duty = re.search(r'duty="([^"]*)"', labels)[1]
            found.setdefault(duty, {})[kind] = float(value)
        return {duty: (each["sum"], int(each["count"])) for duty, each in found.items()}

    def __enter__(self) -> "ExtraReaper":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> None:
        end(self.process, 30)
        self.log.close()
