"""The command line: what it refuses, and what its options mean."""

from __future__ import annotations

import pytest

from cio_pipeline.cli.parser import parse_arguments
from cio_pipeline.commands.sandbox.options import settings_from
from cio_pipeline.core.errors import UsageError
from cio_pipeline.sandbox.faults import Faults
from cio_pipeline.sandbox.settings import SandboxSettings


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("-config c -config d", "-config"),
        ("status -config c -watch -watch 2", "-watch"),
        ("dead-letters -config c -reason a -reason b", "-reason"),
        ("check -data a -format csv --format=csv", "-format"),
        ("verify -config c -data a -sample 1 -sample 2", "-sample"),
        ("sandbox -port 1 -port 2", "-port"),
        ("sandbox -error-share 0.1 -error-share 0.2", "-error-share"),
    ],
)
def test_a_second_value_is_refused(line: str, name: str) -> None:
    """Else one of two would be left out without a word."""
    with pytest.raises(UsageError, match=f"^{name} is given twice.*remove one"):
        parse_arguments(line.split())


def test_what_may_be_repeated_still_may() -> None:
    """Numbers and files add up, and a switch that is on stays on."""
    line = "dead-letters requeue -config c -id 1 2 -id 3 -json -json"
    arguments = parse_arguments(line.split())

    assert arguments.id == [1, 2, 3]
    assert arguments.json
    assert parse_arguments(["-config", "c", "-data", "a", "--data=b"]).data == [
        "a",
        "b",
    ]


def test_each_command_line_is_read_for_itself() -> None:
    """One that is read after another has not been given anything yet."""
    for data in ("a", "b"):
        assert parse_arguments(["-config", "c", "-data", data]).data == [data]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("-outage-mode", "slow"),
        ("-latency-ms", "nan"),
        ("-drop-share", "1.5"),
        ("-error-status", "0"),
        ("-port", "65536"),
    ],
)
def test_the_sandbox_refuses_what_it_cannot_do(option: str, value: str) -> None:
    """Rather than do something else without a word."""
    with pytest.raises(UsageError, match=f"{option}/.*{value}"):
        parse_arguments(["sandbox", option, value])


def test_the_faults_of_the_sandbox_are_its_options() -> None:
    """They are written once; what is not named keeps its default."""
    line = "sandbox -port 0 -retry-after 7 -outage-mode drop -error-share 0.5"

    settings = settings_from(parse_arguments(line.split()))

    expected = Faults(retry_after="7", outage_mode="drop", error_share=0.5)
    assert settings == SandboxSettings(port=0, faults=expected)


@pytest.mark.parametrize(
    "address",
    [
        "hooks.example.com/x",
        "ftp://h/x",
        "https://",
        "http://h:0/x",
        "https://a b/",
        "h",
    ],
)
def test_a_notice_needs_a_web_address(address: str) -> None:
    """The message does not repeat it: the path of a webhook is a password."""
    with pytest.raises(UsageError, match="expected an http or https") as raised:
        parse_arguments(["-config", "c", "-data", "d", "-notify", address])

    assert f" {address} " not in str(raised.value)


def test_a_notices_address_has_no_password() -> None:
    """Nothing would send it."""
    address = "https://me:secret@h.example/x"

    with pytest.raises(UsageError, match="without a user and password") as raised:
        parse_arguments(["-config", "c", "-data", "d", "-notify", address])

    assert "secret" not in str(raised.value)
