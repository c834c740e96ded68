"""What a claim of the reaper takes, and how it finds its rows."""

import json
import statistics
from typing import Protocol

from .claims import CLAIMS, making_due, statement

WATCHED = {"sandboxes", "boxes", "archives", "processes", "outbox"}


class Database(Protocol):
    """A database of a fleet."""

    def sql(self, text: str, *options: str) -> str:
        """Runs a script; what it prints, one row a line."""


def scans(plan: dict) -> set[str]:
    """How each of the big tables is read: `table.index`, or `table (sequential)`."""
    found = set()
    kind, table = plan["Node Type"], plan.get("Relation Name")
    if kind == "Seq Scan" and table in WATCHED:
        found.add(f"{table} (sequential)")
    elif "Index" in kind and plan.get("Index Name") and (table is None or table in WATCHED):
        found.add(plan["Index Name"])
    for child in plan.get("Plans", []):
        found |= scans(child)
    return found


def measure(database: Database, verb: str, due: int) -> dict:
    """One claim, and all of them until nothing is due."""
    batch = int(CLAIMS[verb][0][1 if verb in ("forgetPublishedEvents",) else 0])
    passes = 1 + due // batch
    script = "begin; set local session_replication_role = replica;\n"
    if verb == "claimOrphaned":
        script += "insert into workers (id, name, host, pid, version, providers, lock_key, valid_until, state, ended_at) "
        script += "values ('dead', 'w', 'host', 1, '0', '{local}', 9, now(), 'fenced', now());\n"
    if due:
        script += making_due(verb, due)
    script += "\n".join(f"explain (analyze, format json) {statement(verb)};" for _ in range(passes)) + "\nrollback;\n"
    decoder, text, plans = json.JSONDecoder(), database.sql(script), []
    if due:
        # What was rolled back is in nobody's way.
        database.sql("vacuum sandboxes, boxes, archives, processes, outbox")
    while text := text.lstrip():
        plan, end = decoder.raw_decode(text)
        plans.append(plan[0])
        text = text[end:]
    times = [plan["Planning Time"] + plan["Execution Time"] for plan in plans]
    return {"first": times[0], "median": statistics.median(times), "all": sum(times), "passes": passes,
            "scans": sorted(set().union(*(scans(plan["Plan"]) for plan in plans)))}
