"""The command line: an option that takes one value is given once."""

from __future__ import annotations

import pytest

from cio_pipeline.cli.parser import parse_arguments
from cio_pipeline.core.errors import UsageError


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("-config c -data a -data b", "-data"),
        ("-config c -data a --data=a", "-data"),
        ("-config c -config d", "-config"),
        ("status -config c -watch -watch 2", "-watch"),
        ("dead-letters -config c -reason a -reason b", "-reason"),
        ("check -data a -data b", "-data"),
        ("verify -config c -data a -sample 1 -sample 2", "-sample"),
        ("sandbox -port 1 -port 2", "-port"),
        ("sandbox -error-share 0.1 -error-share 0.2", "-error-share"),
    ],
)
def test_a_second_value_is_refused(line: str, name: str) -> None:
    """Else one of two data files would be left out without a word."""
    with pytest.raises(UsageError, match=f"^{name} is given twice.*leave one"):
        parse_arguments(line.split())


def test_what_may_be_repeated_still_may() -> None:
    """Numbers add up, and a switch that is on stays on."""
    line = "dead-letters requeue -config c -id 1 2 -id 3 -json -json"
    arguments = parse_arguments(line.split())

    assert arguments.id == [1, 2, 3]
    assert arguments.json


def test_each_command_line_is_read_for_itself() -> None:
    """One that is read after another has not been given anything yet."""
    for data in ("a", "b"):
        assert parse_arguments(["-config", "c", "-data", data]).data == data
