"""Where a secret of the configuration comes from."""

from __future__ import annotations

from typing import Any

import pytest

from cio_pipeline.core.config_checker import Checker
from cio_pipeline.core.errors import ConfigError
from cio_pipeline.core.secret_sources import FromCommand, FromEnvironment, check_source

CHECKER = Checker("c.json")


def check(value: dict[str, Any]) -> Any:
    """Check the value of the key `apiKey`."""
    return check_source(CHECKER, "apiKey", value)


def test_a_secret_has_three_forms() -> None:
    """A variable's name, or the words of a command; the third one is text."""
    assert check({"env": "CIO_KEY"}) == FromEnvironment("CIO_KEY")
    assert check({"command": ["op", "read", "x"]}) == FromCommand(("op", "read", "x"))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "'apiKey': expected text, {\"env\": NAME}"),
        ({"env": "A", "command": ["b"]}, "'apiKey': expected text"),
        ({"enviroment": "A"}, "'apiKey.enviroment': there is no such key"),
        ({"env": ""}, "'apiKey.env': expected text"),
        ({"env": "A=B"}, "'apiKey.env': a name"),
        ({"env": ["A"]}, "'apiKey.env': expected text, found a list"),
        ({"command": "op read x"}, "found text; it is not run by a shell"),
        ({"command": []}, "'apiKey.command': expected a list of a program"),
        ({"command": [""]}, "'apiKey.command': expected a list of a program"),
        ({"command": ["op", 5]}, r"'apiKey.command\[1\]': expected text, found a"),
        ({"command": ["op", "a\0"]}, r"'apiKey.command\[1\]'"),
    ],
    ids=str,
)
def test_other_forms_are_refused(value: dict[str, Any], words: str) -> None:
    """With the path of the key, and what is expected there."""
    with pytest.raises(ConfigError, match=words):
        check(value)


def test_the_arguments_of_a_program_are_not_shown() -> None:
    """They may be a secret too."""
    source = FromCommand(("get-key", "-password", "hunter2"))

    assert "hunter2" not in f"{source} {source!r}"
    assert "get-key" in str(source)
