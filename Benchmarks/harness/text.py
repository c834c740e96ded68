"""Text as builds write it: what a process writes where throughput is measured."""

import os
import random

LENGTH = 16 << 20


class Text:
    """A file of lines without a period of their own, so that bytes in the wrong place are seen."""

    def __init__(self, directory: str) -> None:
        self.path = os.path.join(directory, "text")
        chance = random.Random(1)
        words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 11))) for _ in range(2000)]
        lines, filled, number = [], 0, 0
        while filled < LENGTH:
            line = f"[{number:07d}] " + " ".join(chance.choices(words, k=chance.randint(3, 16)))
            # Some of what JSON escapes and of what takes more than one byte.
            if number % 16 == 0:
                line += ' "' + chance.choice(words) + '" \\'
            if number % 64 == 0:
                line += " → é"
            lines.append(line.encode() + b"\n")
            filled += len(lines[-1])
            number += 1
        # The last line is cut where no code point can be, and ends as a line.
        last = lines.pop()
        lines.append(b"." * (LENGTH - filled + len(last) - 1) + b"\n")
        self.lines = lines
        with open(self.path, "wb") as file:
            file.writelines(lines)

    def blocks(self, length: int) -> list[bytes]:
        """The text in pieces of whole lines, each as long as it may be."""
        blocks: list[bytes] = []
        piece: list[bytes] = []
        filled = 0
        for line in self.lines:
            if filled + len(line) > length:
                blocks.append(b"".join(piece))
                piece, filled = [], 0
            piece.append(line)
            filled += len(line)
        return blocks + [b"".join(piece)]
