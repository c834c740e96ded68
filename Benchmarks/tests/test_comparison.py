"""A build beside itself is the same, one that is slower is called so, and rates go the other way."""

import random
import unittest

from harness.comparison.pairs import pairs
from harness.comparison.table import CHANGED, markdown
from harness.comparison.verdict import NOISY, SAME, compared


def document(rows: dict[str, float], unit: str = "ms") -> dict:
    return {"sections": {"s": [{"name": name, "unit": unit, "value": value} for name, value in rows.items()]}}


class VerdictTests(unittest.TestCase):
    def test_noise_alone_is_no_difference(self):
        chance = random.Random(1)
        words = []
        for _ in range(500):
            base, head = ([10 * chance.lognormvariate(0, 0.05) for _ in range(6)] for _ in range(2))
            words.append(compared(base, head, "ms").word)
        self.assertGreaterEqual(words.count(SAME) + words.count(NOISY), 490)
        self.assertGreater(words.count(SAME), 400)

    def test_a_difference_beyond_the_noise_is_told(self):
        base, head = [10, 10.4, 9.8, 10.1, 10.2, 9.9], [13, 13.1, 12.7, 13.3, 12.9, 13.2]
        self.assertEqual(compared(base, head, "ms").word, "slower")
        self.assertEqual(compared(head, base, "ms").word, "faster")
        self.assertEqual(compared(base, head, "/s").word, "faster")
        self.assertEqual(compared(base, head, "MiB").word, "more")
        self.assertAlmostEqual(compared(base, head, "ms").ratio, 1.29, delta=0.02)

    def test_what_both_share_in_each_turn_is_no_noise(self):
        base = [10, 20, 40, 15, 30, 12]
        self.assertEqual(compared(base, [1.3 * value * (1 + 0.001 * turn) for turn, value in enumerate(base)], "ms").word, "slower")

    def test_a_sure_difference_of_nothing_is_none(self):
        base = [10.00, 10.01, 10.00, 10.01]
        self.assertEqual(compared(base, [1.01 * value for value in base], "ms").word, SAME)

    def test_two_turns_prove_little(self):
        self.assertEqual(compared([10, 11], [13, 12], "ms").word, NOISY)

    def test_much_noise_hides_more_than_it_says(self):
        self.assertEqual(compared([10, 20, 5, 12], [11, 8, 14, 10], "ms").word, NOISY)


class PairTests(unittest.TestCase):
    def test_only_what_every_report_has_is_compared(self):
        base = [document({"a": 1, "b": 1}), document({"a": 1, "b": 0})]
        head = [document({"a": 2, "b": 1, "c": 1}), document({"a": 2, "b": 1})]
        whole, rest = pairs(base, head)
        self.assertEqual([(pair.name, pair.base, pair.head) for pair in whole], [("a", [1, 1], [2, 2])])
        self.assertEqual(len(rest), 2)

    def test_a_control_that_differs_is_told(self):
        chance = random.Random(1)
        noisy = lambda middle: middle * chance.uniform(0.99, 1.01)
        base = [document({"ours": noisy(4), "raw: spawn": noisy(1)}) for _ in range(4)]
        same = [document({"ours": noisy(4), "raw: spawn": noisy(1)}) for _ in range(4)]
        other = [document({"ours": noisy(8), "raw: spawn": noisy(2)}) for _ in range(4)]
        self.assertNotIn(CHANGED, markdown("a", "b", 4, *pairs(base, same)))
        text = markdown("a", "b", 4, *pairs(base, other))
        self.assertIn(CHANGED, text)
        self.assertIn("control: slower", text)


if __name__ == "__main__":
    unittest.main()
