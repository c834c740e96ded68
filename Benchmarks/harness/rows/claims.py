"""The reaper's claims, as the store has them: their text is taken from the Swift sources, so that it is theirs."""

import pathlib
import re

STORE = pathlib.Path(__file__).resolve().parents[3] / "Sources" / "Store"

# By verb: its arguments, and what makes rows due of those that the fleet has.
CLAIMS = {
    "claimExpired": (["64", "'reaper'"], "update sandboxes set expires_at = now() - interval '1 s'"),
    "claimIdle": (["64"], "update sandboxes set idle_at = now() - interval '1 s'"),
    "claimUnsettled": (["64"], "update sandboxes set intent = 'delete'"),
    "claimUnresolved": (["64"], "update boxes set state = 'intended', settled_at = null"),
    "claimOrphaned": (["64"], "update sandboxes set lease_state = 'warm', owner = 'dead'"),
    "claimUnattended": (
        ["64"],
        "update sandboxes set status = 'active', lease_state = 'cold', owner = null",
        "update processes set status = 'running', exited_at = null, exit_code = null",
    ),
    "claimEnding": (["64"], "update boxes set state = 'live', drain_at = now() - interval '1 s'"),
    "claimExpiredCheckpoints": (["256", "'reaper'"], "update archives set expires_at = now() - interval '1 s'"),
    "claimForsakenForks": (
        ["256", "60", "'reaper'"],
        "update archives set purpose = 'fork', published_at = now() - interval '2 h'",
    ),
    "claimForsakenCandidates": (["256", "'reaper'"], "update archives set state = 'candidate', epoch = 2"),
    "claimDeletableArchives": (["64"], "update archives set state = 'delete_pending'"),
    "forgetDeletedArchives": (
        ["720", "1000"],
        "update archives set state = 'deleted', settled_at = now() - interval '60 d'",
    ),
    "forgetPublishedEvents": (["720", "1000"], "update outbox set published_at = now() - interval '60 d'"),
}


def statement(verb: str) -> str:
    """The SQL of a verb of the store, with its arguments in place."""
    for path in sorted(STORE.rglob("*.swift")):
        source = path.read_text()
        found = re.search(rf"func {verb}\(.*?\"\"\"\n(.*?)\n\s*\"\"\"", source, re.S)
        if found:
            break
    else:
        raise SystemExit(f"the store has no {verb}")
    text = found[1].replace(r"\(Self.patience)", "15").replace(
        r"\(DueSandbox.columns)", "s.id, s.workspace_id, s.provider, s.placement"
    )
    if "\\(" in text:
        raise SystemExit(f"{verb}: {text}")
    for number, value in reversed(list(enumerate(CLAIMS[verb][0], 1))):
        text = text.replace(f"${number}", value)
    return text


def making_due(verb: str, count: int) -> str:
    """SQL that makes so many rows due, spread over the whole table."""
    names = f"select lpad((n * 97 + 1)::text, 26, '0') from generate_series(1, {count}) n"
    keys = {"outbox": "sandbox_id"}
    return "".join(
        f"{update} where {keys.get(update.split()[1], 'id')} in ({names});\n" for update in CLAIMS[verb][1:]
    )
