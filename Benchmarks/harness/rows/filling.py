"""Rows as a fleet has them that has seen many sandboxes."""

import pathlib

from .passes import Database

FILL = pathlib.Path(__file__).resolve().parent / "fill.sql"


def fill(
    database: Database, first: int, last: int, every: int = 0, workspace: str = "w", spec: str = "{}", envelope: str = "{}"
) -> None:
    """Adds sandboxes by number; one of `every` is warm."""
    variables = {"first": first, "rows": last, "every": every, "workspace": workspace, "spec": spec, "envelope": envelope}
    options = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
    database.sql(FILL.read_text(), *options)
    database.sql("vacuum analyze")


def name(number: int) -> str:
    """The id of a sandbox that was filled in."""
    return f"{number:026d}"
