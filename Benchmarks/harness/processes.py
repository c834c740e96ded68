"""Processes of the fleet: started, ended, and what is known of them."""

import os

from . import memory
from .bench import Bench


def start(bench: Bench, sandbox: str, command: str, arguments: list[str] | None = None) -> str:
    """Its id. Without arguments the command is a line for the shell."""
    body = {"command": command, "mode": "foreground"} | ({} if arguments is None else {"args": arguments})
    return bench.fleet.call("POST", f"/v1/sandboxes/{sandbox}/processes", body)["id"]


def ended(bench: Bench, process: str, stdout: int) -> dict:
    """The row of a process that has to be over, and to have written so much."""
    row = bench.fleet.call("POST", f"/v1/processes/{process}/wait?timeoutMs=10000")
    found = (row["status"], row["exitCode"], row["stdoutBytes"], row["stderrBytes"], row["outputState"])
    if found != ("exited", 0, stdout, 0, "ok"):
        raise RuntimeError(f"the row of {process} says {found}")
    return row


def roles(bench: Bench) -> dict[str, int]:
    """The processes of the fleet that output goes through."""
    return {name: bench.fleet.pid(name) for name in ("gateway", "worker", "nats")}


def boxed(bench: Bench) -> tuple[str, dict[str, int]]:
    """A new sandbox, and the boxd in it where its memory may be looked at."""
    before = set(memory.parents())
    sandbox = bench.fleet.create()
    made = [process for process in set(memory.parents()) - before if memory.name(process) == "boxd"]
    return sandbox, {"boxd": process for process in made if os.access(f"/proc/{process}/clear_refs", os.W_OK)}


def stream_state(bench: Bench) -> tuple[int, int]:
    """How many messages and bytes all output has."""
    nats = bench.fleet.document["nats"]
    output = bench.parts.output("stream_state", nats["url"], nats["credentials"], "OUTPUT")
    messages, held, _ = output.split()
    return int(messages), int(held)
