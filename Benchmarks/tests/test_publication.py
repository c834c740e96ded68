"""A report replaces the one before it, and nothing else of the page."""

import unittest

from harness.publication import BEGIN, END, published

HOST = {"described": {"processor": "one"}, "commit": "abc", "loadBefore": 0.5, "loadAfter": 0.5}


def document(value: float) -> dict:
    row = {"name": "run | it", "unit": "ms", "value": value, "budget": 2, "met": value <= 2, "note": ""}
    raw = {"name": "raw: spawn", "unit": "ms", "value": 1, "budget": None, "met": None, "note": "", "beside": "run | it", "ratio": 1 / value}
    return {
        "at": "2026-01-01T00:00:00Z", "seconds": 1, "host": HOST, "sections": {"Run it, fast": [row, raw]},
        "skipped": [], "failed": [],
    }


class PublicationTests(unittest.TestCase):
    PAGE = f"# Performance\n\nBefore.\n\n{BEGIN}\n{END}\n\nAfter.\n"

    def test_the_tables_and_plots_lie_between_the_marks(self):
        plots = ["performance/run-it-fast-latency.svg", "performance/other-latency.svg"]
        page = published(self.PAGE, document(1.5), plots)
        self.assertTrue(page.startswith("# Performance\n\nBefore."))
        self.assertTrue(page.endswith("\n\nAfter.\n"))
        self.assertIn("### Run it, fast", page)
        self.assertIn("(performance/run-it-fast-latency.svg)", page)
        self.assertNotIn("other-latency", page)

    def test_a_second_report_replaces_the_first(self):
        once = published(self.PAGE, document(1.5), [])
        self.assertEqual(published(once, document(1.5), []), once)
        again = published(once, document(3.25), [])
        self.assertNotIn("1.500", again)
        self.assertIn("3.250", again)
        self.assertIn("MISSED", again)

    def test_a_budget_stands_beside_its_raw_part_and_a_bar_is_no_column(self):
        page = published(self.PAGE, document(1.5), [])
        row = next(line for line in page.splitlines() if line.startswith("| Run it, fast: run"))
        self.assertIn("run \\| it", row)
        self.assertIn("raw: spawn 1.000 ms", row)

    def test_a_page_without_marks_is_left_alone(self):
        with self.assertRaises(SystemExit):
            published("# Performance\n", document(1), [])


if __name__ == "__main__":
    unittest.main()
