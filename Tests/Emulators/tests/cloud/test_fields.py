"""Bodies are read as strictly as by a typed server."""

import pytest

from cloud.fields import Fields
from cloud.problem import Problem


def refuse(message: str) -> Problem:
    return Problem(400, {"message": message})


def test_every_kind() -> None:
    plain = {"t": "x", "i": 3, "n": 1.5, "f": False, "l": ["a"], "m": {"a": "b"}}
    fields = Fields({**plain, "o": {"t": "y"}, "os": [{"t": "z"}]}, refuse)
    assert (fields.text("t"), fields.integer("i"), fields.number("n"), fields.flag("f")) == ("x", 3, 1.5, False)
    assert (fields.texts("l"), fields.text_map("m")) == (["a"], {"a": "b"})
    inner, (element,) = fields.object("o"), fields.objects("os") or []
    assert inner and inner.text("t") == "y" and element.text("t") == "z"
    fields.done()
    assert fields.text("none", "default") == "default" and fields.object("none") is None


@pytest.mark.parametrize("value", [None, 1, [], "text"])
def test_no_object(value: object) -> None:
    with pytest.raises(Problem, match="must be an object"):
        Fields(value, refuse)


@pytest.mark.parametrize(
    ("method", "value"),
    [("text", 1), ("integer", "1"), ("integer", True), ("integer", 1.5), ("number", True), ("flag", 1), ("texts", "a"),
     ("texts", [1]), ("text_map", {"a": 1}), ("object", []), ("objects", {}), ("objects", [1])],
)
def test_wrong_types(method: str, value: object) -> None:
    with pytest.raises(Problem, match="body.x"):
        getattr(Fields({"x": value}, refuse), method)("x")


def test_what_is_left_or_missing_is_wrong() -> None:
    with pytest.raises(Problem, match="unknown fields: b, c"):
        Fields({"c": 1, "b": 2}, refuse).done()
    for missing in ({}, {"x": ""}, {"x": None}):
        with pytest.raises(Problem, match="x is required"):
            Fields(missing, refuse).needed_text("x")
    with pytest.raises(Problem, match="must be one of a, b"):
        Fields({"x": "c"}, refuse).text("x", allowed=("a", "b"))
