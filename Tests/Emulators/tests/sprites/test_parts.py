"""Small parts by themselves."""

import pytest

from sprites.durations import seconds
from sprites.policy import DOMAIN


@pytest.mark.parametrize(
    ("text", "expected"), [("0", 0), ("10s", 10), ("5.0s", 5), ("1m30s", 90), ("250ms", 0.25), ("2h", 7200)]
)
def test_durations(text: str, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "s", "10x", "ten", "-1s", "1s2"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        seconds(text)


def test_domains() -> None:
    assert all(DOMAIN.fullmatch(each) for each in ("*", "example.com", "*.npmjs.org", "a-b.example.co.uk"))
    assert not any(DOMAIN.fullmatch(each) for each in ("", "http://x.org", "*.*.org", "localhost", "-a.org", "a.org/x"))
