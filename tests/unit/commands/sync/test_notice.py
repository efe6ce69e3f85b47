"""What a notice says, and when it is due."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

import pytest

from cio_pipeline.commands.sync.notice import RunNotice, escaped, result_text, subject
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.runs import RunSummary

SUMMARY = RunSummary(
    run_id="r1",
    status="completed_with_dead_letters",
    reason=None,
    counts=Counts(records=20_000, synced=19_988, dead_lettered=12),
    duration_seconds=185.0,
)


def test_the_text_is_one_line_that_can_be_read_at_a_glance() -> None:
    """How it ended, the figures, the exit code, and the run."""
    stopped = replace(
        SUMMARY,
        status="stopped",
        reason="until_reached",
        counts=Counts(records=9, synced=2, skipped=3, refused_later=1, pending=4),
    )

    assert result_text(SUMMARY, 1) == (
        "Done, but 12 records could not be delivered. 19,988 synced, 12 dead letters,"
        " 3 min 05 s (exit code 1, run r1)"
    )
    assert result_text(stopped, 3) == (
        "Stopped: the time of -until was reached. 4 jobs left in the queue. 2 synced,"
        " 3 unchanged, 1 refused later, 4 pending, 3 min 05 s (exit code 3, run r1)"
    )


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("users.json", "cio-pipeline sync users.json on h"),
        (None, "cio-pipeline sync on h"),
        (
            "https://x.org/a/u.csv?signature=secret",
            "cio-pipeline sync u.csv on h",
        ),
    ],
)
def test_the_subject_has_no_more_of_an_address_than_the_files_name(
    source: str | None, shown: str
) -> None:
    """A signed address is a password."""
    assert subject("sync", source, "h") == shown


def test_what_slack_would_read_as_a_command_is_escaped() -> None:
    """A file's name must not call everybody in a channel."""
    assert escaped("<!channel> & co.json") == "&lt;!channel&gt; &amp; co.json"


def test_always_without_an_address_is_refused() -> None:
    """It would do nothing."""
    arguments = Namespace(notify=None, notify_always=True, command="sync")

    with pytest.raises(UsageError, match="-notify-always needs -notify URL"):
        RunNotice(arguments)
