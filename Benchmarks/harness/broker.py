"""A call over the bus by our own client, beside the same by the bare library."""

import os

from .bench import Bench, Contenders
from .raw import Missing, Part
from .samples import Samples

SECTION = "A call over the broker"
OURS = "our client, asking and answering"
RAW = "raw: cnats, a request and its reply"
ROUNDS = 8
EACH = 1500
# Times the bare library's.
BUDGET = 1.3


def measure(bench: Bench) -> None:
    if bench.broker is None:
        return
    contenders = Contenders(bench)
    contenders.add(OURS, lambda: ours(bench))
    contenders.add(RAW, lambda: bench.parts.run("request_reply", bench.broker.url, EACH))
    samples: dict[str, Samples] = {}
    try:
        contenders.run(ROUNDS, lambda name, taken: samples.setdefault(name, Samples()).add(taken))
    except RuntimeError as error:
        bench.report.skip(SECTION, str(error))
        return
    bench.report.distribution(SECTION)
    bench.report.times(SECTION, OURS, samples[OURS])
    if RAW not in samples:
        return
    bench.report.times(SECTION, RAW, samples[RAW], beside=OURS)
    # Of neighbours in time, so that what else the machine did is in both.
    ratios = sorted(mine / bare for mine, bare in zip(samples[OURS].medians, samples[RAW].medians))
    ratio = samples[OURS].median / samples[RAW].median
    spread = [ratios[0], ratios[-1]]
    bench.report.value(SECTION, "ours over the bare library's", ratio, "times", at_most=BUDGET, spread=spread)


def ours(bench: Bench) -> list[int]:
    program = os.path.join(bench.release, "broker-call")
    if not os.path.exists(program):
        raise Missing("this build has no broker-call")
    return [int(line) for line in Part("broker-call", [program, bench.broker.url, str(EACH)]).finish().splitlines()]
