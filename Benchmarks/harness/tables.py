"""Rows as text: in a terminal while it runs, and as Markdown."""

HEADINGS = ["what", "value", "unit", "budget", "", "of ours", "p95", "p99", "rounds", "note"]
WIDTHS = [-46, 9, 5, 8, 6, 8, 8, 8, 15, -40]


def line(row: dict) -> str:
    return "  " + "  ".join(_aligned(cell, width) for cell, width in zip(cells(row), WIDTHS)).rstrip()


def _aligned(text: str, width: int) -> str:
    return text.ljust(-width) if width < 0 else text.rjust(width)


def cells(row: dict) -> list[str]:
    spread = row.get("spread")
    return [
        row["name"],
        number(row["value"]),
        row["unit"],
        number(row["budget"]),
        {True: "ok", False: "MISSED", None: ""}[row["met"]],
        "" if "ratio" not in row else f"× {number(row['ratio'])}",
        number(row.get("p95")),
        number(row.get("p99")),
        "" if spread is None else f"{number(spread[0])}–{number(spread[1])}",
        row["note"],
    ]


def number(value: float | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if value == 0:
        return "0"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def table(headings: list[str], rows: list[list[str]]) -> list[str]:
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return [
        "| " + " | ".join(headings) + " |",
        "|" + " --- |" * len(headings),
        *("| " + " | ".join(row) + " |" for row in escaped),
    ]


def markdown(document: dict) -> str:
    lines = [f"# Benchmarks, {document['at']}", "", *_host(document)]
    if budgets := _budgets(document["sections"]):
        lines += ["", "## Budgets", "", *table(["budget of", "measured", "unit", "budget", "", "raw part or peer"], budgets)]
    for section, rows in document["sections"].items():
        lines += ["", f"## {section}", "", *table(HEADINGS, [cells(row) for row in rows])]
    for heading in ("skipped", "failed"):
        if document[heading]:
            lines += ["", f"## {heading.capitalize()}", "", *(f"- {reason}" for reason in document[heading])]
    return "\n".join(lines) + "\n"


def _host(document: dict) -> list[str]:
    host = document["host"]
    load = f"{host['loadBefore']:.1f} before, {host['loadAfter']:.1f} after"
    rows = [[name, str(text)] for name, text in host["described"].items()]
    rows += [["commit", host["commit"]], ["load", load], ["took", f"{document['seconds']:.0f} s"]]
    return table(["machine", ""], rows)


def _budgets(sections: dict[str, list[dict]]) -> list[list[str]]:
    """Each of them, and what the parts and peers took that it was measured beside."""
    found = []
    for section, rows in sections.items():
        for row in rows:
            if row["met"] is None:
                continue
            beside = [other for other in rows if other.get("beside") == row["name"] and _foreign(other["name"])]
            told = "; ".join(f"{other['name']} {number(other['value'])} {other['unit']}" for other in beside)
            found.append([f"{section}: {row['name']}", *cells(row)[1:5], told])
    return found


def _foreign(name: str) -> bool:
    return "raw:" in name or "peer:" in name
