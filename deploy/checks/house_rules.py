#!/usr/bin/env python3
"""Checks the rules of the house that neither the compiler nor the formatter knows."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 600

CODE = {".swift", ".c", ".h", ".py", ".sh", ".sql", ".proto"}
EVERYWHERE = CODE | {".md", ".yaml", ".yml", ".toml", ".json", ".txt", ""}

# (what, pattern, file kinds, folders). A pattern is written so that it does not match itself.
RULES = [
    ("unfinished work", re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X)\b"), CODE, None),
    ("try!", re.compile(r"\btry[!]"), {".swift"}, None),
    ("as!", re.compile(r"\bas[!]"), {".swift"}, None),
    ("fatalError", re.compile(r"\bfatal[E]rror\s*\("), {".swift"}, None),
    ("nonisolated(unsafe)", re.compile(r"\bnonisolated\(unsaf[e]\)"), {".swift"}, None),
    ("path of one machine", re.compile(r"/wor[k]/(?:main|shared)\b|/hom[e]/(?!fleet)[a-z]\w*/|/User[s]/\w|/tm[p]/dev-"),
     EVERYWHERE, {"Sources", "Services", "Tests", "deploy", "docs", "proto", "Benchmarks"}),
    ("locks are NIOLockedValueBox, not Mutex", re.compile(r"^\s*import Synchronizatio[n]\b"),
     {".swift"}, None),
]

# A sentence has to say why a type is declared sendable.
UNCHECKED = re.compile(r"@unchecked Sendabl[e]")


def files():
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True,
    ).stdout.decode()
    for name in sorted(filter(None, listed.split("\0"))):
        path = ROOT / name
        if path.is_file() and "Generated" not in path.parts:
            yield name, path


def check(name, path):
    suffix = path.suffix
    if suffix not in EVERYWHERE:
        return
    try:
        lines = path.read_text().splitlines()
    except UnicodeDecodeError:
        return
    if suffix in CODE and len(lines) > LONGEST:
        yield f"{name}: {len(lines)} lines, at most {LONGEST}"
    for what, pattern, kinds, folders in RULES:
        if suffix not in kinds or (folders and Path(name).parts[0] not in folders):
            continue
        for number, line in enumerate(lines, 1):
            if pattern.search(line):
                yield f"{name}:{number}: {what}: {line.strip()}"
    for number, line in enumerate(lines, 1):
        if suffix == ".swift" and UNCHECKED.search(line):
            above = lines[max(0, number - 6):number - 1]
            if not any(text.strip().startswith("//") for text in above):
                yield f"{name}:{number}: @unchecked Sendable without a sentence saying why"


def main():
    problems = []
    count = 0
    for name, path in files():
        count += 1
        problems += check(name, path)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"house rules: {count} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
