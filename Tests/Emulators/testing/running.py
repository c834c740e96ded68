"""Starts emulators for tests, as processes of their own. Standard library only: SDKs bring their own environments."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

EMULATORS = Path(__file__).resolve().parents[1]
TOKEN = "emulator-token"


def eventually(condition: Callable[[], object], seconds: float = 60) -> None:
    """Waits until something is so; fails when it does not come to that."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"not so after {seconds} s")
        time.sleep(0.01)


class RunningEmulator:
    """One emulator with `TOKEN`, between `with` and the end of its block.

    `SANDFLEET_TEST_PYTHON` names the interpreter that has the emulators' requirements.
    """

    def __init__(self, name: str, *options: str, program: Sequence[str] | None = None) -> None:
        python = os.environ.get("SANDFLEET_TEST_PYTHON", sys.executable)
        emulator = program or [str(EMULATORS / "run.py"), name]
        command = [python, *emulator, "--token", TOKEN, "--until-stdin-ends", *options]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError(f"the emulator {name} did not start: {line!r}, exit {self._process.wait(10)}")
        self.url = line.removeprefix("listening on ").strip()

    @property
    def pid(self) -> int:
        """Of the emulator itself."""
        return self._process.pid

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Calls `/_emulator/<path>`."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_emulator/{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def fault(self, kind: str, method: str = "*", path: str = "*", **fields: Any) -> None:
        """Adds a fault; see `cloud/faults.py`."""
        self.control("POST", "faults", {"kind": kind, "method": method, "path": path, **fields})

    def clear_faults(self) -> None:
        """No faults any more."""
        self.control("DELETE", "faults")

    def requests(self) -> list[dict[str, Any]]:
        """All that came so far."""
        return list(self.control("GET", "requests")["requests"])

    def state(self) -> dict[str, Any]:
        """What there is."""
        return dict(self.control("GET", "state"))

    def advance(self, seconds: float) -> None:
        """Pushes the emulator's clock on."""
        self.control("POST", "clock", {"advance": seconds})

    def stop(self) -> None:
        """Ends it, and complains of mistakes that the emulator itself has made."""
        if self._process.poll() is not None:
            return
        crashes = self.state()["crashes"]
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        try:
            code = self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._process.stdout.close()
        if crashes or code:
            raise AssertionError(f"the emulator ended with {code}\n" + "\n".join(crashes))

    def __enter__(self) -> "RunningEmulator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
