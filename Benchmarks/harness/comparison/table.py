"""A comparison as Markdown."""

from ..tables import number, table
from .pairs import Pair
from .verdict import NOISY, SAME, Verdict, compared

HEADINGS = ["what", "unit", "base", "head", "ratio", "99 % sure between", "verdict"]
CHANGED = (
    "**The machine was not the same for both: a part that is in neither build differs. Measure again, for longer.**"
)


def markdown(base: str, head: str, rounds: int, pairs: list[Pair], rest: list[str]) -> str:
    lines = [f"# {head} beside {base}", "", f"Measured in turns, {rounds} times each. The ratio is that of head to base."]
    judged = [(pair, compared(pair.base, pair.head, pair.unit)) for pair in pairs]
    controls = [verdict for pair, verdict in judged if pair.is_control]
    if any(verdict.word not in (SAME, NOISY) for verdict in controls):
        lines += ["", CHANGED]
    by_section: dict[str, list[list[str]]] = {}
    for pair, verdict in judged:
        by_section.setdefault(pair.section, []).append(_cells(pair, verdict))
    for section, rows in by_section.items():
        lines += ["", f"## {section}", "", *table(HEADINGS, rows)]
    if rest:
        lines += ["", "## Not compared", "", *(f"- {reason}" for reason in rest)]
    return "\n".join(lines) + "\n"


def _cells(pair: Pair, verdict: Verdict) -> list[str]:
    middle = lambda values: sorted(values)[len(values) // 2]
    word = f"control: {verdict.word}" if pair.is_control else verdict.word
    between = f"{verdict.low:.2f}–{verdict.high:.2f}"
    return [
        pair.name, pair.unit, number(middle(pair.base)), number(middle(pair.head)), f"{verdict.ratio:.3f}", between, word,
    ]
