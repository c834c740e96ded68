"""A user's own machine: what the way to it costs, and what its agent holds."""

import os
import subprocess
import time

from . import memory
from .bench import Bench, Contenders
from .samples import Samples

ROUNDS = 4
SECTION = "A user's own machine, on the loopback"
FLOOD = "256 commands at once on one machine"
REST = "An agent at rest"
# What another control plane of this kind publishes for its agents: milliseconds.
PEER = {"ping": (0.331, 0.763), "exec": (4.8, 6.9), "files": (0.9, 1.9)}
FILES = 20


class Machine:
    """The real agent, enrolled and running until it is removed."""

    def __init__(self, bench: Bench) -> None:
        self.fleet = bench.fleet
        self.folder = os.path.join(bench.directory, "machine")
        self.root = os.path.join(self.folder, "root")
        os.makedirs(self.root)
        self.program = os.path.join(bench.release, "agent")
        self.environment = {
            "SANDFLEET_AGENT_CONFIG": os.path.join(self.folder, "config"),
            "SANDFLEET_AGENT_STATE": os.path.join(self.folder, "state"),
            "PATH": os.environ["PATH"],
            "HOME": self.folder,
        }
        token = self.fleet.call("POST", "/v1/agents/enrollments", {})["token"]
        self.verb("enroll", "--url", self.fleet.document["url"], "--token", token, "--name", "bench", "--root", self.root)
        with open(os.path.join(self.folder, "output"), "wb") as log:
            self.process = subprocess.Popen([self.program, "run"], env=self.environment, stdout=log, stderr=log)
        self.agent = self._wait()

    def verb(self, *words: str) -> None:
        done = subprocess.run([self.program, *words], env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"agent {words[0]}: {done.stdout}{done.stderr}")

    def _wait(self) -> str:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for agent in self.fleet.call("GET", "/v1/agents")["items"]:
                if agent["name"] == "bench" and agent["state"] == "online":
                    return agent["id"]
            time.sleep(0.1)
        raise RuntimeError("the machine does not come online")

    def create(self) -> str:
        return self.fleet.call("POST", "/v1/sandboxes", {"provider": "selfhosted", "agent": "bench"})["id"]

    def stop(self) -> None:
        # Keepers too.
        self.verb("uninstall", "--yes")
        self.process.wait(30)
        self.fleet.call("DELETE", f"/v1/agents/{self.agent}")


def measure(bench: Bench) -> None:
    machine = Machine(bench)
    try:
        at_rest(bench, machine)
        sandbox = machine.create()
        folder = os.path.join(machine.root, "folder")
        os.makedirs(folder)
        for number in range(FILES):
            with open(os.path.join(folder, f"{number}.txt"), "w", encoding="utf-8") as file:
                file.write("text")
        subject = bench.parts.output(
            "agent_subject", bench.fleet.document["nats"]["url"], credentials(bench, "worker"), machine.agent
        ).strip()
        one_in_flight(bench, sandbox, subject)
        flood(bench, machine, sandbox, subject)
        bench.fleet.delete(sandbox)
    finally:
        machine.stop()


def at_rest(bench: Bench, machine: Machine) -> None:
    """After its first minute, in which it has asked for credentials and told what the machine has."""
    time.sleep(15)
    status = memory.fields(f"/proc/{machine.process.pid}/status")
    bench.report.value(REST, "resident", status["VmRSS"], "MiB", at_most=17)
    bench.report.value(REST, "of that, its own (anonymous)", status["RssAnon"], "MiB")
    bench.report.value(REST, "private", memory.private(machine.process.pid), "MiB")


def credentials(bench: Bench, role: str) -> str:
    return os.path.join(bench.fleet.directory, "keys", f"nats-{role}.creds")


def ping(bench: Bench, subject: str, count: int, pause: int = 0) -> list[object]:
    """Of the agent itself: field 10 of a request, empty."""
    return [
        "bus_request", bench.fleet.document["nats"]["url"], credentials(bench, "worker"), "worker", subject, "5200", count,
        pause,
    ]


def asked(bench: Bench, workspace: str, sandbox: str, operation: str) -> list[int]:
    """Over the bus, through the worker that owns the sandbox and the agent."""
    # An operation's name is new each time.
    prefix = f"01{time.time_ns():x}"[:18].ljust(18, "0")
    body = '{"operationId":"' + prefix + '#",' + operation + "}"
    return bench.parts.run(
        "bus_request", bench.fleet.document["nats"]["url"], credentials(bench, "admin"), "admin",
        f"sandbox.{workspace}.{sandbox}.rpc", body, 200,
    )


def one_in_flight(bench: Bench, sandbox: str, subject: str) -> None:
    load = bench.load
    workspace = subject.split(".")[1]
    command = bench.command(sandbox)
    listing = load.request("GET", f"/v1/sandboxes/{sandbox}/dir?path=folder")
    contenders = Contenders(bench)
    contenders.add("ping, bus and agent", lambda: bench.parts.run(*ping(bench, subject, 500)))
    contenders.add(
        "stat, worker and agent", lambda: asked(bench, workspace, sandbox, '"statFile":{"path":"folder/1.txt"}')
    )
    contenders.add(
        f"list {FILES} files, worker and agent",
        lambda: asked(bench, workspace, sandbox, '"listDirectory":{"path":"folder","limit":100}'),
    )
    contenders.add(f"list {FILES} files, from HTTP", lambda: load.run(listing, iterations=200, warm_up=10).nanoseconds)
    contenders.add("run `true`, from HTTP", lambda: load.run(command, iterations=200, warm_up=20).nanoseconds)
    samples: dict[str, Samples] = {}
    contenders.run(ROUNDS, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
    bench.report.distribution(SECTION)
    for name, taken in samples.items():
        peer = PEER["ping" if name.startswith("ping") else "exec" if name.startswith("run") else "files"]
        bench.report.times(SECTION, name, taken, budget=peer[0], note=f"the peer's: {peer[0]}, p99 {peer[1]}")


def flood(bench: Bench, machine: Machine, sandbox: str, subject: str) -> None:
    """All finish, and whoever asks whether the machine lives is told at once meanwhile."""
    command = bench.command(sandbox)
    bench.load.run(command, connections=16, iterations=100)
    pings = Samples()
    part = bench.parts.start(*ping(bench, subject, 1000, 2000))
    began = time.monotonic()
    loop = bench.load.run(command, connections=256, iterations=1024)
    seconds = time.monotonic() - began
    pings.add([int(line) for line in part.finish().splitlines() if line.isdigit()])
    all_of_them = Samples()
    all_of_them.add(loop.nanoseconds)
    bench.report.value(FLOOD, "finished", len(loop.nanoseconds), "", at_least=1024)
    bench.report.value(FLOOD, "rate", loop.rate, "/s", note=f"{seconds:.1f} s")
    bench.report.times(FLOOD, "each", all_of_them)
    bench.report.times(FLOOD, "pings meanwhile", pings)
    bench.report.value(FLOOD, "pings meanwhile, p99", pings.percentile(0.99), "ms", at_most=10)
    status = memory.fields(f"/proc/{machine.process.pid}/status")
    bench.report.value(FLOOD, "the agent's memory afterwards", status["VmRSS"], "MiB")
