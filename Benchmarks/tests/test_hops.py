"""The way of a command is read from what the scheduler did."""

import unittest

from harness.hops.timeline import HOPS, commands
from harness.hops.trace import events

SERVICES = {1: "gateway", 2: "worker", 3: "postgres", 4: "nats", 5: "worker"}


def switch(at: float, before: str, former: int, name: str, task: int) -> str:
    return (
        f" {before} {former} [000] {at:.6f}:       sched:sched_switch: prev_comm={before} prev_pid={former} prev_prio=120 "
        f"prev_state=S ==> next_comm={name} next_pid={task} next_prio=120"
    )


def one_command(begin: float, boxd_first: bool = False) -> list[str]:
    """Each moment 100 microseconds after the one before."""
    at = [begin + step * 1e-4 for step in range(13)]
    boxd = at[0] if boxd_first else at[4]
    lines = [
        switch(at[0], "http_load", 9, "NIO-1", 1),
        switch(at[1], "swapper/0", 0, "com.apple.root", 2),
        switch(at[2], "com.apple.root", 2, "postgres", 3),
        switch(at[3], "postgres", 3, "postgres.answers", 2),
        switch(boxd, "com.apple.root", 2, "boxd", 7),
        f" true 77 [001] {at[5]:.6f}: sched:sched_process_exec: filename=/usr/bin/true pid=77 old_pid=77",
        f" true 77 [001] {at[6]:.6f}: sched:sched_process_exit: comm=true pid=77 prio=120",
        switch(at[7], "boxd", 7, "box-loop", 5),
        switch(at[8], "box-loop", 5, "nats-server", 4),
        switch(at[9], "nats-server", 4, "postgres", 3),
        switch(at[10], "postgres", 3, "postgres.answers", 2),
        switch(at[11], "swapper/1", 0, "NIO-1", 1),
        switch(at[12], "NIO-1", 1, "http_load", 9),
    ]
    return lines


class HopsTests(unittest.TestCase):
    def test_each_hop_is_found_and_they_add_up(self):
        lines = one_command(5.0) + ["something else", ""] + one_command(6.0)
        ways = commands(list(events(lines, SERVICES)), "true")
        self.assertEqual(len(ways), 2)
        for way in ways:
            self.assertEqual(len(way), len(HOPS))
            for hop in way:
                self.assertAlmostEqual(hop, 100, delta=1)
            self.assertAlmostEqual(sum(way), 1200, delta=2)

    def test_a_way_that_is_not_seen_to_its_end_does_not_count(self):
        whole = one_command(5.0)
        self.assertEqual(commands(list(events(whole[:-1], SERVICES)), "true"), [])
        self.assertEqual(commands(list(events(whole[1:], SERVICES)), "true"), [])

    def test_a_way_that_goes_back_does_not_count(self):
        lines = one_command(5.0, boxd_first=True)
        self.assertEqual(commands(list(events(lines, SERVICES)), "true"), [])


if __name__ == "__main__":
    unittest.main()
