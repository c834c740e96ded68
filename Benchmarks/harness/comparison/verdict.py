"""Whether two builds differ in one thing, by more than the machine differs from itself.

Both were measured in turns, so each measurement of one has a neighbour of the other. What counts is the ratio of the two in
each such pair. The true ratio lies, 99 times of a hundred, within an interval around the mean of their logarithms (Student's
t). When that holds 1, or the mean is as near to it as WORTH says, no difference is claimed; and when the interval reaches
further than TELLS, neither is that there is none.
"""

import math
import statistics
from dataclasses import dataclass

# Two-sided 99 %, by degrees of freedom from 1 on.
STUDENT = [63.66, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169]
BEYOND = 2.576
# A smaller difference is nobody's, whatever its certainty.
WORTH = 0.03
# An interval that holds 1 and reaches further hides differences that matter.
TELLS = 1.25
SAME, NOISY = "same within noise", "too noisy to tell"
# Of what greater is better.
RATES = {"/s", "MB/s"}


@dataclass(frozen=True)
class Verdict:
    """`ratio` is that of the second to the first."""

    ratio: float
    low: float
    high: float
    word: str


def compared(base: list[float], head: list[float], unit: str) -> Verdict:
    """Of measurements in the order in which they were taken; all of them positive, and at least two pairs."""
    logarithms = [math.log(mine / theirs) for theirs, mine in zip(base, head, strict=True)]
    middle = statistics.fmean(logarithms)
    freedom = len(logarithms) - 1
    student = STUDENT[freedom - 1] if freedom <= len(STUDENT) else BEYOND
    reach = student * statistics.stdev(logarithms) / math.sqrt(len(logarithms))
    low, high = math.exp(middle - reach), math.exp(middle + reach)
    return Verdict(math.exp(middle), low, high, _word(low, high, middle, unit))


def _word(low: float, high: float, middle: float, unit: str) -> str:
    if low <= 1 <= high or abs(math.expm1(middle)) < WORTH:
        return SAME if 1 / TELLS <= low and high <= TELLS else NOISY
    grew = middle > 0
    if unit in RATES:
        return "faster" if grew else "slower"
    if unit == "ms" or unit == "s":
        return "slower" if grew else "faster"
    return "more" if grew else "less"
