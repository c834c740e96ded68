"""Draws the plots of a report:  draw.py <folder of bench.json>

For each section that asks for it the distribution of its latencies, and one plot for each group of curves.
"""

import json
import os
import re
import sys

import matplotlib
import numpy

matplotlib.use("svg")
# The same report gives the same bytes; text stays text.
matplotlib.rcParams.update({"svg.hashsalt": "sandfleet", "svg.fonttype": "none", "font.size": 9, "axes.grid": True})
matplotlib.rcParams.update({"grid.alpha": 0.3, "legend.fontsize": 7, "figure.figsize": (7.2, 4.2)})

from matplotlib import pyplot

SHAPES = {"constant": lambda x: 0.0, "log": numpy.log, "linear": lambda x: x}


def main(folder: str) -> None:
    with open(os.path.join(folder, "bench.json"), encoding="utf-8") as file:
        document = json.load(file)
    for section in document["distributions"]:
        if rows := [row for row in document["sections"].get(section, []) if "quantiles" in row]:
            distribution(folder, section, rows)
    groups: dict[tuple[str, str], list[dict]] = {}
    for curve in document["curves"]:
        groups.setdefault((curve["section"], curve["plot"]), []).append(curve)
    for (section, plot), curves in groups.items():
        growth(folder, section, plot, curves)


def distribution(folder: str, section: str, rows: list[dict]) -> None:
    """How many of a hundred are done after which time; the last one in a hundred is drawn as wide as it counts."""
    figure, axes = pyplot.subplots()
    for row in rows:
        # No further than there are samples.
        shares, times = zip(*(each for each in row["quantiles"] if (1 - each[0]) * row["count"] >= 1))
        style = "-" if not row["name"].startswith(("raw:", "peer:", "hop:")) else "--"
        # Distance to the end, in nines: 90 %, 99 % and 99.9 % are equally far apart.
        axes.plot(times, [-numpy.log10(1 - share) for share in shares], style, linewidth=1.2, label=row["name"])
    axes.set_xscale("log")
    axes.set_xlabel("ms")
    axes.set_yticks([0, 0.30103, 1, 1.30103, 2, 3], ["0 %", "50 %", "90 %", "95 %", "99 %", "99.9 %"])
    axes.set_ylabel("done")
    finish(figure, axes, section, folder, f"{section}-latency")


def growth(folder: str, section: str, plot: str, curves: list[dict]) -> None:
    figure, axes = pyplot.subplots()
    for number, curve in enumerate(curves):
        points, color = curve["points"], f"C{number}"
        xs, ys = [point["x"] for point in points], [point["y"] for point in points]
        spread = [
            [max(0, point["y"] - point["low"]) for point in points], [max(0, point["high"] - point["y"]) for point in points]
        ]
        label = curve["name"]
        if found := curve.get("fit"):
            label += f" ({found['shape']})"
            many = numpy.geomspace(min(xs), max(xs), 60)
            fitted = [found["base"] + found["slope"] * SHAPES[found["shape"]](x) for x in many]
            axes.plot(many, fitted, "--", color=color, linewidth=0.8)
        axes.errorbar(xs, ys, yerr=spread, fmt="o-", color=color, linewidth=1.2, markersize=3, capsize=2, label=label)
    axes.set_xscale("log")
    values = [point["y"] for curve in curves for point in curve["points"]]
    if min(values) > 0 and max(values) > 10 * min(values):
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    axes.set_xlabel(curves[0]["of"])
    axes.set_ylabel(curves[0]["unit"])
    finish(figure, axes, f"{section}: {plot}", folder, f"{section}-{plot}")


def finish(figure, axes, title: str, folder: str, name: str) -> None:
    axes.set_title(title)
    axes.legend(loc="best")
    figure.tight_layout()
    path = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") + ".svg"
    figure.savefig(os.path.join(folder, path), metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    main(sys.argv[1])
