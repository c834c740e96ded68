"""Much output from a box at a provider, stored and followed: how fast, and what the services hold."""

from .. import memory
from ..streaming import SIZE, rate, run, upload
from ..text import Text
from .ground import Ground
from .overhead import create

SECTION = "Output of a box at a provider"
# Of a real provider; the emulators are slower, and keep all of it.
LESS = 256 << 20
# What a service may hold more at its highest than before.
MORE = 40


def measure(ground: Ground) -> None:
    text = Text(ground.bench.directory)
    for provider in ground.providers:
        at(ground, provider.name, text)


def at(ground: Ground, name: str, text: Text) -> None:
    bench = ground.bench
    services = {role: bench.fleet.pid(role) for role in ("worker", "gateway")}
    size = SIZE if name == "docker" else LESS
    sandbox = create(bench, name)
    with open(text.path, "rb") as file:
        upload(bench, sandbox, file.read())
    run(bench, sandbox, text, 32 << 20, followers=1)
    resident = lambda role: memory.fields(f"/proc/{services[role]}/status")["VmRSS"]
    before = {role: resident(role) for role in services}
    with memory.Peak(services) as peak:
        took, _, _ = run(bench, sandbox, text, size, followers=1)
    after = {role: resident(role) for role in services}
    bench.fleet.delete(sandbox)
    bench.report.value(SECTION, f"{name}, {size >> 20} MiB, stored and followed", rate(size, took), "MB/s")
    for role in services:
        note = f"resident: {before[role]:.0f} before, {peak.resident[role]:.0f} at most, {after[role]:.0f} after"
        grown = peak.resident[role] - before[role]
        bench.report.value(SECTION, f"{name}, the {role} grew by at most", grown, "MiB", at_most=MORE, note=note)
