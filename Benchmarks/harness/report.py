"""What was measured, as a table, as JSON and as Markdown."""

import json
import os
import platform
import time

from .samples import Samples


class Report:
    """Rows by section; a budget is a bound on the row's main number.

    `beside` names the row of the same section that a raw part or a peer is there for, and gives their ratio.
    """

    def __init__(self) -> None:
        self.sections: dict[str, list[dict]] = {}
        self.skipped: list[str] = []
        self.failed: list[str] = []
        self.began = time.time()
        self.load = os.getloadavg()[0]

    def skip(self, what: str, reason: str) -> None:
        self.skipped.append(f"{what}: {reason}")
        print(f"  skipped {what}: {reason}", flush=True)

    def fail(self, what: str, reason: str) -> None:
        self.failed.append(f"{what}: {reason}")
        print(f"  FAILED {what}: {reason}", flush=True)

    def times(
        self,
        section: str,
        name: str,
        samples: Samples,
        budget: float | None = None,
        note: str = "",
        beside: str | None = None,
    ) -> None:
        summary = samples.summary()
        row = {"name": name, "unit": "ms", "value": summary["median"], "budget": budget, "note": note} | summary
        self.add(section, row, None if budget is None else summary["median"] <= budget, beside)

    def value(
        self,
        section: str,
        name: str,
        value: float,
        unit: str,
        at_most=None,
        at_least=None,
        note: str = "",
        beside: str | None = None,
        **more,
    ) -> None:
        met = None
        if at_most is not None:
            met = value <= at_most
        if at_least is not None:
            met = value >= at_least
        budget = at_most if at_most is not None else at_least
        row = {"name": name, "unit": unit, "value": value, "budget": budget, "note": note} | more
        self.add(section, row, met, beside)

    def add(self, section: str, row: dict, met: bool | None, beside: str | None = None) -> None:
        row["met"] = met
        rows = self.sections.setdefault(section, [])
        for ours in rows:
            if ours["name"] == beside and ours["value"] > 0:
                row |= {"beside": beside, "ratio": row["value"] / ours["value"]}
        rows.append(row)
        print("  " + "  ".join(cell.rjust(width) for cell, width in zip(cells(row), WIDTHS)).rstrip(), flush=True)

    @property
    def missed(self) -> list[str]:
        return [row["name"] for rows in self.sections.values() for row in rows if row["met"] is False]

    def write(self, directory: str) -> None:
        os.makedirs(directory, exist_ok=True)
        document = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.began)),
            "seconds": round(time.time() - self.began, 1),
            "host": {
                "kernel": platform.release(),
                "processors": os.cpu_count(),
                "loadBefore": self.load,
                "loadAfter": os.getloadavg()[0],
            },
            "sections": self.sections,
            "skipped": self.skipped,
            "failed": self.failed,
        }
        with open(os.path.join(directory, "bench.json"), "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
        with open(os.path.join(directory, "bench.md"), "w", encoding="utf-8") as file:
            file.write(self.markdown(document))

    def markdown(self, document: dict) -> str:
        host = document["host"]
        lines = [
            f"# Benchmarks, {document['at']}",
            "",
            f"{host['processors']} processors, kernel {host['kernel']}, load {host['loadBefore']:.1f} before.",
        ]
        for section, rows in self.sections.items():
            lines += ["", f"## {section}", "", "| " + " | ".join(HEADINGS) + " |", "|" + " --- |" * len(HEADINGS)]
            lines += ["| " + " | ".join(cells(row)) + " |" for row in rows]
        for heading, reasons in (("Skipped", self.skipped), ("Failed", self.failed)):
            if reasons:
                lines += ["", f"## {heading}", ""] + [f"- {line}" for line in reasons]
        return "\n".join(lines) + "\n"


HEADINGS = ["what", "value", "unit", "budget", "", "of ours", "p95", "p99", "rounds", "note"]
WIDTHS = [-46, 9, 5, 8, 6, 8, 8, 8, 15, -40]


class _Cell(str):
    """Text that a negative width aligns to the left."""

    def rjust(self, width: int, *_: str) -> str:
        return self.ljust(-width) if width < 0 else super().rjust(width)


def cells(row: dict) -> list[str]:
    spread = row.get("spread")
    return [
        _Cell(text)
        for text in (
            row["name"],
            number(row["value"]),
            row["unit"],
            "" if row["budget"] is None else number(row["budget"]),
            {True: "ok", False: "MISSED", None: ""}[row["met"]],
            "" if "ratio" not in row else f"× {number(row['ratio'])}",
            number(row.get("p95")),
            number(row.get("p99")),
            "" if spread is None else f"{number(spread[0])}–{number(spread[1])}",
            row["note"],
        )
    ]


def number(value: float | None) -> str:
    if value is None:
        return ""
    if value == 0:
        return "0"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"
