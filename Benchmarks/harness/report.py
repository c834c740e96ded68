"""What was measured, row by row."""

import json
import os
import time

from . import host
from .growth.fit import fit
from .growth.point import Point
from .samples import Samples
from .tables import line, markdown


class Report:
    """Rows by section; a budget is a bound on the row's main number.

    `beside` names the row of the same section that a raw part or a peer is there for, and gives their ratio.
    """

    def __init__(self) -> None:
        self.sections: dict[str, list[dict]] = {}
        # Costs at several sizes, for the plots.
        self.curves: list[dict] = []
        # The sections whose times are plotted as distributions.
        self.distributions: list[str] = []
        self.skipped: list[str] = []
        self.failed: list[str] = []
        self.seconds: dict[str, float] = {}
        self.began = time.time()
        self.host = host.description()

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

    def distribution(self, section: str) -> None:
        """Has its times plotted as well."""
        self.distributions.append(section)

    def curve(
        self, section: str, name: str, points: list[Point], of: str, unit: str, plot: str, at_most: list[str] | None = None
    ) -> None:
        """A cost at several sizes, named for how it grows; `at_most` are the shapes that it may have.

        Curves of the same section and `plot` share their axes; `of` is what there are more and more of.
        """
        curve = {"section": section, "name": name, "of": of, "unit": unit, "plot": plot}
        curve["points"] = [point.json() for point in points]
        self.curves.append(curve)
        if len({point.x for point in points}) < 3:
            return
        found = fit(points)
        curve["fit"] = {"shape": found.shape, "base": found.base, "slope": found.slope, "off": found.off}
        least, greatest = min(points, key=lambda point: point.x), max(points, key=lambda point: point.x)
        times = greatest.y / least.y if least.y > 0 else 1.0
        sizes = f"{least.x:,.0f} to {greatest.x:,.0f} {of}"
        how = found.formula(unit) if found.is_near else f"none of the three, the nearest is {found.formula(unit)}"
        note = f"{how}; no point is further off than {100 * found.off:.0f} %; the value is that from {sizes}"
        row = {"name": f"{name}: how it grows", "unit": "times", "value": times, "note": note}
        row["budget"] = " or ".join(at_most) if at_most else None
        # What falls may fall as it likes.
        within = found.is_near and (found.slope < 0 or found.shape in (at_most or []))
        self.add(section, row, within if at_most else None)

    def add(self, section: str, row: dict, met: bool | None, beside: str | None = None) -> None:
        row["met"] = met
        if section not in self.sections:
            print(f"  {section}", flush=True)
        rows = self.sections.setdefault(section, [])
        for ours in rows:
            if ours["name"] == beside and ours["value"] > 0:
                row |= {"beside": beside, "ratio": row["value"] / ours["value"]}
        rows.append(row)
        print("  " + line(row), flush=True)

    @property
    def missed(self) -> list[str]:
        return [f"{section}: {row['name']}" for section, rows in self.sections.items() for row in rows if row["met"] is False]

    def write(self, directory: str) -> None:
        os.makedirs(directory, exist_ok=True)
        document = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.began)),
            "seconds": round(time.time() - self.began, 1),
            "secondsBySection": self.seconds,
            "host": self.host | {"loadAfter": os.getloadavg()[0]},
            "sections": self.sections,
            "curves": self.curves,
            "distributions": self.distributions,
            "skipped": self.skipped,
            "failed": self.failed,
        }
        with open(os.path.join(directory, "bench.json"), "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
        with open(os.path.join(directory, "bench.md"), "w", encoding="utf-8") as file:
            file.write(markdown(document))
