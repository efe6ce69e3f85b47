"""Advice for each reason, and the commands that a person can type."""

from __future__ import annotations

import shlex

import pytest

from cio_pipeline.commands.dead_letters.advice import Asked, advice_on
from cio_pipeline.core import jobs

ASKED = Asked(program="python main.py", options="-config c.json")
REASONS = [
    jobs.INVALID_RECORD,
    jobs.REJECTED,
    jobs.NOT_FOUND,
    jobs.TOO_LARGE,
    jobs.RETRIES_EXHAUSTED,
]


def test_each_reason_has_its_own_advice() -> None:
    """What helps against one does nothing about another."""
    advice = [advice_on(reason) for reason in [*REASONS, "a reason of tomorrow"]]

    assert len(set(advice)) == len(REASONS) + 1


@pytest.mark.parametrize("reason", REASONS)
def test_only_what_can_succeed_is_sent_again(reason: str) -> None:
    """A record that Customer.io refused is refused again."""
    commands = ASKED.commands_for(reason)

    action = shlex.split(commands[0])[3]
    can_succeed = reason == jobs.RETRIES_EXHAUSTED
    assert action == ("requeue" if can_succeed else "discard")
    assert (ASKED.resume in commands) is can_succeed


def test_a_command_is_of_the_letters_that_are_shown() -> None:
    """Discarding more than was looked at would lose records."""
    asked = Asked(program="p", options="-config c.json", filters="-user 'a b'")

    command = asked.commands_for("rejected")[0]

    assert shlex.split(command)[1:] == [
        "dead-letters",
        "discard",
        "-config",
        "c.json",
        "-reason",
        "rejected",
        "-user",
        "a b",
    ]


def test_a_reason_that_a_shell_would_read_is_quoted() -> None:
    """The state may have been written by another version."""
    assert "-reason 'a; b'" in ASKED.commands_for("a; b")[0]
