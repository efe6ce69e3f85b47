"""Values that are returned as text equal those that were sent."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.commands.verify.comparison import FoundPerson, differences, is_same
from cio_pipeline.sandbox.answers import write_json

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def as_text(value: Any) -> str:
    """Write a value as the App API does."""
    return value if isinstance(value, str) else write_json(value)


@given(_json)
def test_a_value_is_the_same_as_its_text(value: Any) -> None:
    """Numbers, booleans, text, lists and objects."""
    assert is_same(value, as_text(value))


@given(st.text(min_size=1, max_size=3), st.text(max_size=3))
def test_different_texts_are_different(value: str, other: str) -> None:
    """Case and spaces matter."""
    assert is_same(value, other) == (value == other)


@given(st.integers(), st.integers())
def test_different_integers_are_different(value: int, other: int) -> None:
    """Of any size."""
    assert is_same(value, str(other)) == (value == other)


def test_numbers_are_compared_by_value() -> None:
    """Customer.io may write them in another form."""
    assert is_same(12.5, "12.50")
    assert is_same(1000, "1e3")
    assert is_same(10**20, "1E+20")
    assert not is_same(10**20 + 1, "1E+20")
    assert not is_same(1.5, "1,5")
    truth = True
    assert not is_same(truth, "1")


def test_null_and_empty_text_are_the_same_as_nothing() -> None:
    """Both remove an attribute."""
    assert is_same(None, None)
    assert is_same("", None)
    assert is_same(None, "")
    assert not is_same("x", None)
    assert not is_same(0, None)


def test_no_returned_text_stops_a_comparison() -> None:
    """A signalling NaN cannot be compared with anything."""
    for text in ("sNaN", "nan", "Infinity", "1e999999999999", "", "5 ", "0x5"):
        assert not is_same(7, text)
        assert not is_same(7.5, text)


def test_instructions_are_not_compared() -> None:
    """They cannot be looked up, so each person would count as different."""
    instructions = {
        "_timestamp": 5,
        "cio_relationships": [],
        "cio_subscription_preferences": {"topics": {"a": True}},
        "cio_subscription_preferences.topics.b": True,
    }

    found = differences({**instructions, "plan": "pro"}, FoundPerson({}))

    assert [each.attribute for each in found] == ["plan"]
