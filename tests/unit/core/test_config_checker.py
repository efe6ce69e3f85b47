"""Checks of single values of a configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cio_pipeline.core.addresses import TRACK_API
from cio_pipeline.core.config_checker import Checker, unknown
from cio_pipeline.core.errors import ConfigError

CHECKER = Checker("c.json")


@pytest.mark.parametrize(
    ("check", "problem"),
    [
        (lambda: CHECKER.text("k", 5), "expected text, found 5"),
        (lambda: CHECKER.text("k", ""), "expected text, found an empty text"),
        (lambda: CHECKER.secret("k", "a b"), "it has a space"),
        (
            lambda: CHECKER.integer("k", 2.5, 1, 9),
            "a whole number, 1 to 9, found 2.5",
        ),
        (lambda: CHECKER.integer("k", 0, 1, None), "1 or more, found 0"),
        (lambda: CHECKER.number("k", 10**400, "seconds", 0.0, 9.0), "expected seconds"),
        (lambda: CHECKER.one_of("k", "Us", ("us", "eu")), "did you mean 'us'"),
        (lambda: CHECKER.url(TRACK_API, "c.io"), "https://"),
        (lambda: CHECKER.refuse_unknown({"x": 1}, ["a"], "b."), "'b.x'"),
    ],
)
def test_a_wrong_value_is_refused(check: Callable[[], Any], problem: str) -> None:
    """With the file, what was expected and what was found."""
    with pytest.raises(ConfigError) as caught:
        check()

    assert str(caught.value).startswith("c.json: ")
    assert problem in str(caught.value)


def test_a_right_value_is_returned() -> None:
    """An address loses the slash at its end."""
    assert CHECKER.url(TRACK_API, "https://c.io/a/") == "https://c.io/a"
    assert CHECKER.number("k", 5, "seconds", 5.0, 9.0) == 5.0
    assert CHECKER.integer("k", 9, 1, 9) == 9


def test_an_unknown_name_gets_the_nearest_or_all() -> None:
    """Whatever is more useful."""
    assert "did you mean 'region'" in unknown("key", "regoin", ["region", "api"])
    assert "the known ones are region, api" in unknown("key", "zzzz", ["region", "api"])
