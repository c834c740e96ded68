"""How long executables take to start, and a whole fleet."""

import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from .bench import Bench, Contenders
from .fleet import Fleet
from .raw import free_port
from .samples import Samples

LOADED = "An executable says how it is used"
READY = "A service serves"
UP = "`sandfleet up` until it serves"
EXECUTABLES = ["gateway", "worker", "reaper", "agent", "boxd", "sandfleet"]
ROUNDS = 5


def measure(bench: Bench) -> None:
    loaded(bench)
    ready(bench)
    whole(bench)


def loaded(bench: Bench) -> None:
    """Loading, linking and the runtime: everything before it does anything."""
    contenders = Contenders(bench)
    for name in EXECUTABLES:
        contenders.add(name, lambda name=name: [helped(os.path.join(bench.release, name)) for _ in range(4)])
    contenders.add("raw: posix_spawn of true", lambda: bench.parts.run("spawn", 10, "/bin/true"))
    samples: dict[str, Samples] = {}
    contenders.run(ROUNDS, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
    for name, taken in samples.items():
        bench.report.times(LOADED, name, taken, beside="gateway" if name.startswith("raw:") else None)


def helped(program: str) -> int:
    began = time.perf_counter_ns()
    # boxd has no option for it: it says the same when it does not know one.
    done = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    took = time.perf_counter_ns() - began
    if "usage" not in (done.stdout + done.stderr).lower() and "agent enroll" not in done.stdout:
        raise RuntimeError(f"{program} --help says {done.stdout + done.stderr}")
    return took


def ready(bench: Bench) -> None:
    """One more of each service in the running fleet, with the settings of the one that is there."""
    contenders = Contenders(bench)
    for role in ("gateway", "worker", "reaper"):
        contenders.add(role, lambda role=role: [one_more(bench, role)])
    samples: dict[str, Samples] = {}
    contenders.run(ROUNDS, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
    for name, taken in samples.items():
        bench.report.times(READY, name, taken, note="bus and database connected, ready to be asked")


def one_more(bench: Bench, role: str) -> int:
    environment = settings(bench.fleet.pid(role))
    with tempfile.TemporaryDirectory(dir=bench.directory) as folder:
        mark = os.path.join(folder, "ready")
        address = f"127.0.0.1:{free_port()}"
        if role == "gateway":
            environment["SANDFLEET_LISTEN"] = address
            serves = lambda: answers(address)
        else:
            environment["SANDFLEET_READY_FILE"] = mark
            serves = lambda: os.path.exists(mark)
        if role == "worker":
            # Boxes of its own: it is not to take any of the other's.
            environment |= {"SANDFLEET_DATA": os.path.join(folder, "data"), "SANDFLEET_WORKER_NAME": "one-more"}
            os.mkdir(environment["SANDFLEET_DATA"])
        began = time.perf_counter_ns()
        with open(os.path.join(folder, "log"), "wb") as log:
            process = subprocess.Popen([os.path.join(bench.release, role)], env=environment, stdout=log, stderr=log)
        try:
            while not serves():
                if process.poll() is not None or time.perf_counter_ns() - began > 30e9:
                    with open(log.name, encoding="utf-8", errors="replace") as file:
                        raise RuntimeError(f"one more {role} does not serve: {file.read()[-500:]}")
                time.sleep(0.001)
            return time.perf_counter_ns() - began
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def settings(process: int) -> dict[str, str]:
    """What a service was started with."""
    with open(f"/proc/{process}/environ", "rb") as file:
        lines = file.read().decode().split("\0")
    return dict(line.split("=", 1) for line in lines if "=" in line)


def answers(address: str) -> bool:
    try:
        with socket.create_connection(address.split(":"), 0.2):
            pass
        with urllib.request.urlopen(f"http://{address}/readyz", timeout=1) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def whole(bench: Bench) -> None:
    """The first start makes a database and a disk for boxes; later ones find them."""
    first, later = Samples(), Samples()
    for number in range(3):
        folder = os.path.join(bench.directory, f"up-{number}")
        os.mkdir(folder)
        os.chmod(folder, 0o711)
        for samples in (first, later):
            with Fleet(bench.release, folder) as fleet:
                samples.add([int(fleet.seconds_to_start * 1e9)])
    bench.report.times(UP, "for the first time", first, note="new database, keys and disk")
    bench.report.times(UP, "again", later)
