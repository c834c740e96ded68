"""What a report says of budgets."""

import contextlib
import io
import unittest

from harness.growth.point import Point
from harness.report import Report


def met(costs: list[float], at_most: list[str]) -> bool | None:
    report = Report()
    points = [Point(x, y, y, y) for x, y in zip([10, 100, 1000], costs)]
    with contextlib.redirect_stdout(io.StringIO()):
        report.curve("s", "cost", points, "things", "ms", "time", at_most=at_most)
    return report.sections["s"][0]["met"]


class ReportTests(unittest.TestCase):
    def test_a_cost_may_grow_as_its_budget_says_and_fall_as_it_likes(self):
        self.assertTrue(met([5, 5, 5], ["constant"]))
        self.assertFalse(met([1.5, 6, 51], ["constant", "log"]))
        self.assertTrue(met([1.5, 6, 51], ["constant", "log", "linear"]))
        self.assertTrue(met([20, 18.2, 0.2 + 12], ["constant"]))

    def test_a_cost_that_no_curve_is_near_to_misses_its_budget(self):
        self.assertFalse(met([1, 100, 10_000], ["constant", "log", "linear"]))

    def test_a_bound_is_kept_or_missed(self):
        report = Report()
        with contextlib.redirect_stdout(io.StringIO()):
            report.value("s", "rate", 1299, "/s", at_least=1300)
            report.value("s", "time", 1.8, "ms", at_most=1.8)
            report.value("s", "raw: time", 0.9, "ms", beside="time")
        rate, time, raw = report.sections["s"]
        self.assertEqual((rate["met"], time["met"], raw["met"], raw["ratio"]), (False, True, None, 0.5))
        self.assertEqual(report.missed, ["s: rate"])


if __name__ == "__main__":
    unittest.main()
