"""A report as a part of a page."""

import re

from .tables import markdown

BEGIN = "<!-- report: begin; written by `make bench-report` -->"
END = "<!-- report: end -->"


def published(page: str, document: dict, plots: list[str]) -> str:
    """The page with this report in the place of the one before."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"the page has no place for a report, between {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{body(document, plots)}\n{END}{after}"


def body(document: dict, plots: list[str]) -> str:
    """A level deeper than on a page of its own, with the plots of each section below its table."""
    text = re.sub(r"^#", "##", markdown(document), flags=re.M)
    text = text.replace("## Benchmarks, ", "## Measured at ", 1)
    left = list(plots)
    lines: list[str] = []
    for block in re.split(r"^(?=### )", text, flags=re.M):
        own = [plot for plot in left if belongs(plot, block)]
        left = [plot for plot in left if plot not in own]
        lines.append(block.rstrip("\n") + "\n" + "".join(f"\n![{alt(plot)}]({plot})\n" for plot in own))
    return "\n".join(lines)


def belongs(plot: str, block: str) -> bool:
    """A plot's name begins with that of its section."""
    title = block.partition("\n")[0].removeprefix("### ")
    section = slug(title)
    kind = plot.rpartition("/")[2].removesuffix(".svg").removeprefix(section)
    return bool(section) and re.fullmatch(r"-[a-z]+", kind) is not None


def slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def alt(plot: str) -> str:
    return plot.rpartition("/")[2].removesuffix(".svg").replace("-", " ")
