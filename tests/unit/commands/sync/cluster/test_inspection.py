"""What is compared between the driver and its workers."""

from __future__ import annotations

import pytest

from cio_pipeline.commands.sync.cluster.inspection import (
    digest_of_file,
    is_shared_state,
    version_problem,
    versions,
)
from cio_pipeline.core.errors import QueueInUse, UsageError

HERE = {"cio-pipeline": "1.0", "dask": "2026.8"}


def test_equal_versions_are_no_problem() -> None:
    """The usual case."""
    assert version_problem(HERE, {"a": HERE, "b": dict(HERE)}) is None
    assert version_problem(versions(), {"a": versions()}) is None


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (HERE | {"dask": "2025.1"}, "worker a has dask 2025.1, and this machine has"),
        (HERE | {"cio-pipeline": "0.9"}, "worker a has cio-pipeline 0.9"),
        ({}, "worker a has cio-pipeline None"),
        (
            ModuleNotFoundError("No module named 'x'"),
            "worker a cannot run this program",
        ),
    ],
)
def test_a_difference_names_the_worker(
    found: dict[str, str] | BaseException, problem: str
) -> None:
    """And both versions."""
    assert problem in str(version_problem(HERE, {"a": found}))


def test_the_state_is_shared_by_all_or_none() -> None:
    """Both are right; half is a mistake."""
    yes, no = ("", False, True), ("", False, False)

    assert is_shared_state({"a": yes, "b": yes})
    assert not is_shared_state({"a": no, "b": no})
    with pytest.raises(UsageError, match=r"worker b shares .* worker a does not"):
        is_shared_state({"a": no, "b": yes})


def test_a_problem_names_the_worker() -> None:
    """The person has to go there."""
    with pytest.raises(
        UsageError, match=r"worker b: users\.json: there is no such file"
    ):
        is_shared_state(
            {
                "a": ("", False, True),
                "b": ("users.json: there is no such file", False, False),
            }
        )
    with pytest.raises(QueueInUse, match="worker b: another run"):
        is_shared_state({"b": ("another run", True, False)})
    with pytest.raises(UsageError, match="worker b: TimeoutError"):
        is_shared_state({"b": TimeoutError()})


def test_a_file_that_cannot_be_read_is_one_line() -> None:
    """The configuration is on the driver's disk only."""
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        digest_of_file("/nowhere/configuration.json")
