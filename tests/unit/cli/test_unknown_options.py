"""A mistyped option is named, with the one that is meant."""

from __future__ import annotations

import argparse

import pytest

from cio_pipeline.cli.unknown_options import refuse_unknown_options
from cio_pipeline.core.errors import UsageError


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Make two small commands."""
    sync = argparse.ArgumentParser("main.py sync")
    sync.add_argument("-config", "--config")
    sync.add_argument("-json", "--json", action="store_true")
    verify = argparse.ArgumentParser("main.py verify")
    verify.add_argument("-wait", "--wait")
    return {"sync": sync, "verify": verify}


@pytest.mark.parametrize(
    "words",
    [
        ["-config", "c.json", "--json"],
        ["-config=-x"],
        ["-config", "-5"],
        ["-config", "-"],
        ["--", "-confg"],
    ],
)
def test_what_a_command_has_is_not_refused(words: list[str]) -> None:
    """Nor are numbers, a lone dash, or what follows `--`."""
    refuse_unknown_options("sync", words, parsers())


@pytest.mark.parametrize(
    ("words", "help_"),
    [
        (["-confg", "c.json"], "did you mean -config?"),
        (["--wait=5"], "verify has it"),
        (["-config", "-secret"], "-config=-secret"),
        (["-x"], "main.py sync -help"),
    ],
    ids=["mistyped", "of another command", "a value", "unknown"],
)
def test_an_unknown_option_is_refused_with_help(words: list[str], help_: str) -> None:
    """Argparse would complain of what is missing instead."""
    with pytest.raises(UsageError) as caught:
        refuse_unknown_options("sync", words, parsers())

    assert help_ in str(caught.value)


def test_after_a_switch_no_value_is_meant() -> None:
    """`-json` takes none."""
    with pytest.raises(UsageError) as caught:
        refuse_unknown_options("sync", ["-json", "-x"], parsers())

    assert "-json=-x" not in str(caught.value)
