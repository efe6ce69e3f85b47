"""Errors say where the problem is, and have an exit code."""

from __future__ import annotations

import pytest

from cio_pipeline.core.errors import (
    CioPipelineError,
    ConfigError,
    DataFileError,
    KeysRejected,
    QueueInUse,
    StateUnwritable,
    StopRun,
    Unreachable,
    UsageError,
    WrongAddress,
)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ConfigError("c.json", "no"), "c.json: no"),
        (ConfigError("c.json", "no", key="region"), "c.json: 'region': no"),
        (DataFileError("d.json", "no"), "d.json: no"),
        (DataFileError("d.json", "no", byte_offset=0), "d.json, byte 0: no"),
    ],
)
def test_a_message_says_where_the_problem_is(
    error: CioPipelineError, text: str
) -> None:
    """With file, key and byte, a person can go there."""
    assert str(error) == text


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (KeysRejected, "keys_rejected"),
        (Unreachable, "unreachable"),
        (WrongAddress, "wrong_address"),
        (StateUnwritable, "state_unwritable"),
    ],
)
def test_a_stopped_run_has_a_reason_and_exit_code_3(
    kind: type[StopRun], reason: str
) -> None:
    """Scripts read both, so they must not change."""
    error = kind("no")  # type: ignore[call-arg]  # each has its own reason

    assert isinstance(error, StopRun)
    assert (error.reason, error.exit_code) == (reason, 3)


def test_a_mistake_of_the_user_has_exit_code_2() -> None:
    """Nothing was sent, and trying again changes nothing."""
    errors = [UsageError("no"), QueueInUse("no", pid=7), DataFileError("d", "no")]

    assert {error.exit_code for error in errors} == {2}
