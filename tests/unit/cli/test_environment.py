"""Options from environment variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from cio_pipeline.cli.environment import PREFIX, variable_of
from cio_pipeline.cli.parser import parse_arguments
from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.shard import WHOLE, Shard

SYNC = "-config c.json -data d.json"


def parse(line: str, **variables: str) -> dict[str, object]:
    """Parse a command line with some variables, given without their prefix."""
    environment = {PREFIX + name: text for name, text in variables.items()}
    return vars(parse_arguments(line.split(), environment | {"HOME": "/"}))


def test_each_kind_of_option_has_a_variable() -> None:
    """Dashes become underscores; a value is converted and checked as usual."""
    found = parse(
        "",
        CONFIG="c.json",
        DATA="my users.json",
        STATE="/var/lib/cio",
        SHARD="1/3",
        LOG_LEVEL="error",
        QUIET="TRUE",
        CHANGED_ONLY="1",
        JSON="false",
    )

    assert found["command"] == "sync"
    assert (found["config"], found["data"]) == ("c.json", ["my users.json"])
    assert (found["state"], found["shard"]) == (Path("/var/lib/cio"), Shard(1, 3))
    assert (found["log_level"], found["quiet"]) == ("error", True)
    assert (found["changed_only"], found["json"]) == (True, False)


@pytest.mark.parametrize("line", ["-state a", "--state a", "-state=a", "--state=a"])
def test_the_command_line_wins(line: str) -> None:
    """And the two values are not a repetition."""
    assert parse(f"{SYNC} {line}", STATE="b")["state"] == Path("a")


def test_an_empty_variable_is_not_set() -> None:
    """Container tools pass on variables that nobody has set."""
    found = parse(SYNC, SHARD="", QUIET="")

    assert (found["shard"], found["quiet"]) == (WHOLE, False)


def test_a_variable_is_for_the_commands_that_have_the_option() -> None:
    """One environment serves all commands."""
    variables = {"CHANGED_ONLY": "true", "STATE": "s", "DATA": "d", "SAMPLE": "5"}

    assert parse("status -config c", **variables)["state"] == Path("s")
    assert parse("verify -config c", **variables)["sample"] == 5


def test_a_value_that_only_another_command_accepts_is_left_to_it() -> None:
    """`-format` is the format of the data for one, and of the report for another."""
    assert parse(SYNC, FORMAT="jsonl")["format"] == "jsonl"
    assert parse("dead-letters -config c", FORMAT="jsonl")["format"] is None
    assert parse("dead-letters -config c", FORMAT="html")["format"] == "html"
    assert parse(SYNC, FORMAT="html")["format"] is None


def test_an_option_with_an_optional_value_is_also_a_switch() -> None:
    """`-watch` and `-watch 5`."""
    status = "status -config c"

    assert parse(status, WATCH="5")["watch"] == 5
    assert parse(status, WATCH="true")["watch"] == parse(f"{status} -watch")["watch"]
    assert parse(status, WATCH="false")["watch"] is None


def test_an_action_may_be_anywhere() -> None:
    """What comes from the environment is not taken for it."""
    found = parse("dead-letters -config c requeue", STATE="s", ID="7", ALL="true")

    assert (found["action"], found["id"], found["all"]) == ("requeue", [7], True)
    assert parse("completion -- bash", STATE="s")["shell"] == "bash"


@pytest.mark.parametrize(
    ("line", "name", "text", "problem"),
    [
        (SYNC, "QUIET", "yes", "expected true, false, 1 or 0, found 'yes'"),
        (SYNC, "LOG_LEVEL", "loud", "invalid choice: 'loud'"),
        (SYNC, "SHARD", "3/3", "3/3"),
        (SYNC, "FORMAT", "xml", "invalid choice: 'xml'"),
        ("status -config c", "WATCH", "soon", "soon"),
        ("dead-letters -config c", "ID", "x", "invalid int value: 'x'"),
    ],
)
def test_a_wrong_value_is_reported_with_its_variable(
    line: str, name: str, text: str, problem: str
) -> None:
    """Nobody looks for `-log-level` in a command line that has none."""
    with pytest.raises(UsageError, match=f"^CIO_PIPELINE_{name}: .*{problem}"):
        parse(line, **{name: text})


def test_help_needs_no_valid_variables(capsys: pytest.CaptureFixture[str]) -> None:
    """It is where to look what they may be."""
    with pytest.raises(SystemExit):
        parse("sync -help", QUIET="yes")

    assert "-log-level" in capsys.readouterr().out


def test_a_variable_without_an_option_is_reported() -> None:
    """A mistyped one would select another queue; a foreign one must not stop a run."""
    warnings: list[str] = []
    names = ("STAT", "SERVICE_HOST_OF_ALL", "VERSION", "STATE", "PORT")

    parse_arguments(
        SYNC.split(), {PREFIX + name: "1" for name in names}, warnings.append
    )

    no_option = "there is no option for the environment variable"
    assert warnings == [
        f"{no_option} CIO_PIPELINE_STAT; did you mean CIO_PIPELINE_STATE?",
        f"{no_option} CIO_PIPELINE_SERVICE_HOST_OF_ALL",
    ]


def test_the_name_of_a_variable() -> None:
    """As the documents have it."""
    assert variable_of("log-level") == "CIO_PIPELINE_LOG_LEVEL"
