"""Curves are named for what they are, and noise is not taken for growth."""

import math
import random
import unittest

from harness.growth.fit import fit
from harness.growth.point import Point

SIZES = [1, 10, 100, 1000]


def points(cost, noise: float = 0.0, sizes=SIZES, seed: int = 1) -> list[Point]:
    chance = random.Random(seed)
    made = []
    for size in sizes:
        value = cost(size) * (1 + noise * chance.uniform(-1, 1))
        made.append(Point(size, value, value * (1 - noise), value * (1 + noise)))
    return made


class GrowthTests(unittest.TestCase):
    def test_each_curve_is_named_and_its_coefficients_found(self):
        linear = fit(points(lambda n: 2 + 0.5 * n))
        self.assertEqual(linear.shape, "linear")
        self.assertAlmostEqual(linear.base, 2, places=6)
        self.assertAlmostEqual(linear.slope, 0.5, places=6)
        log = fit(points(lambda n: 1 + 3 * math.log(n)))
        self.assertEqual(log.shape, "log")
        self.assertAlmostEqual(log.slope, 3, places=6)
        constant = fit(points(lambda n: 4))
        self.assertEqual(constant.shape, "constant")
        self.assertAlmostEqual(constant.base, 4, places=6)
        self.assertEqual(constant.off, 0)

    def test_noise_is_not_growth(self):
        named = [fit(points(lambda n: 4, noise=0.2, seed=seed)).shape for seed in range(200)]
        self.assertGreaterEqual(named.count("constant"), 195)

    def test_growth_is_seen_through_noise(self):
        named = [fit(points(lambda n: 4 + 0.02 * n, noise=0.1, seed=seed)).shape for seed in range(200)]
        self.assertGreaterEqual(named.count("linear"), 195)

    def test_what_is_neither_is_told_by_its_distance(self):
        self.assertFalse(fit(points(lambda n: n * n)).is_near)
        self.assertTrue(fit(points(lambda n: 2 + 0.5 * n)).is_near)

    def test_a_cost_of_nothing_has_a_curve_too(self):
        self.assertEqual(fit(points(lambda n: 0.0)).shape, "constant")

    def test_two_sizes_are_no_curve(self):
        with self.assertRaises(ValueError):
            fit(points(lambda n: n, sizes=[1, 10, 10]))

    def test_a_formula_can_be_read(self):
        self.assertEqual(fit(points(lambda n: 2 + 0.5 * n)).formula("ms"), "linear: 2 + 0.5·n ms")
        self.assertEqual(fit(points(lambda n: 9 - math.log(n), sizes=[1, 10, 100])).formula("ms"), "log: 9 − 1·ln n ms")


if __name__ == "__main__":
    unittest.main()
