"""What a person sees of a run that is going."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from rich.cells import cell_len

from cio_pipeline.console.progress_view import progress_line, progress_lines
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.progress import Hold, Progress
from tests.support.builders import LOADING

NOON = datetime(2026, 11, 24, 12, 0, 30)  # noqa: DTZ001  # the local time, as drawn
SENDING = replace(LOADING, is_loading=False, total=75_000)
HOLDS = [
    (Hold(kind="throttled", next_seconds=11.2), "waiting 12 s: Customer.io asked us"),
    (
        Hold(kind="outage", next_seconds=7.5, since_seconds=95, problem="refused"),
        "Customer.io has not answered since 11:58, next try in 8 s: refused",
    ),
    (
        Hold(kind="outage", next_seconds=0, since_seconds=95, problem="refused"),
        "Customer.io has not answered since 11:58, trying now: refused",
    ),
    (
        Hold(kind="backoff", next_seconds=2.1),
        "all remaining jobs are backing off; next try in 3 s",
    ),
    (
        Hold(kind="backoff", next_seconds=2.1, problem="busy"),
        "all remaining jobs are backing off; next try in 3 s: busy",
    ),
    (
        Hold(kind="answers", since_seconds=4.9),
        "waiting for 25 answers; none for 4 s",
    ),
    (
        Hold(kind="data", since_seconds=61),
        "waiting for more of users.json; none for 1 min 01 s",
    ),
    (
        Hold(kind="region", since_seconds=2),
        "asking Customer.io for the region of the workspace",
    ),
    (
        Hold(kind="stopping", problem="interrupted"),
        "stopping: 25 requests in flight; press Ctrl-C again to exit at once",
    ),
    (
        Hold(kind="stopping", problem="keys_rejected"),
        "stopping: Customer.io rejected the keys; 25 requests in flight",
    ),
    (Hold(kind="stopping"), "stopping: 25 requests in flight"),
]


def drawn(progress: Progress, width: int = 76, *, is_ascii: bool = False) -> list[str]:
    """Draw it without its styles."""
    lines = progress_lines(progress, now=NOON, width=width, is_ascii=is_ascii)
    return [line.plain for line in lines]


def test_all_that_a_person_asks_is_there() -> None:
    """Loaded, sent, rate, in flight, retries, dead, time left: each of them."""
    title, bar, counts, pulse, outlook = drawn(LOADING)

    assert title.startswith("sync users.json")
    assert title.endswith("1 min 12 s")
    assert bar.endswith(" 42 %")
    assert counts == "loaded 75,000 (62 % of 48.0 MB)   sent 51,234 of about 120,000"
    assert pulse == "980/s   25 in flight   retries 12   dead 3"
    assert outlook == "about 1 min 10 s left"


def test_what_is_not_a_person_has_its_word() -> None:
    """Events and objects are counted like people."""
    counts = drawn(replace(LOADING, kind="event"), width=90)[2]

    assert counts.endswith("sent 51,234 of about 120,000 events")


@pytest.mark.parametrize(("hold", "words"), HOLDS, ids=[w[:30] for _, w in HOLDS])
def test_the_last_line_says_why_nothing_moves(hold: Hold, words: str) -> None:
    """Each cause in words, in the stead of the time left."""
    lines = drawn(replace(SENDING, hold=hold))

    assert lines[-1].startswith(words)
    assert len(lines) == 5


@pytest.mark.parametrize("kind", ["throttled", "outage"])
def test_jobs_that_wait_their_turn_are_not_called_in_flight(kind: str) -> None:
    """In a pause consumers hold jobs; no request is out."""
    hold = Hold(kind=kind, next_seconds=9, since_seconds=9)  # type: ignore[arg-type]  # both are kinds

    lines = drawn(replace(SENDING, hold=hold))

    assert "in flight" not in "\n".join(lines)


@pytest.mark.parametrize("width", [1, 20, 36, 40, 76, 196])
@pytest.mark.parametrize(
    "source",
    ["users.json", "x" * 300 + ".json", "用" * 90, None],
    ids=["short", "long", "wide", "none"],
)
def test_no_line_is_wider_than_told(width: int, source: str | None) -> None:
    """A line that wraps would be taken for two, and the display would tear."""
    long = Hold(kind="outage", since_seconds=9, next_seconds=9, problem="文" * 200)

    for hold in (None, *(hold for hold, _ in HOLDS), long):
        for progress in (LOADING, SENDING):
            lines = drawn(replace(progress, source=source, hold=hold), width)
            assert max(map(cell_len, lines)) <= max(20, width)


def test_a_long_name_keeps_both_its_ends() -> None:
    """What tells files apart stands at the end of their names, or at the beginning."""
    title = drawn(replace(SENDING, source="daily-" * 30 + "2026-11-24.json"))[0]

    assert title.startswith("sync daily-")
    assert "…" in title
    assert "2026-11-24.json " in title


def test_a_name_cannot_steer_the_terminal() -> None:
    """Control characters of a file's name are shown, not sent."""
    hold = Hold(kind="outage", since_seconds=1, problem="\x1b[2J")

    text = "".join(drawn(replace(SENDING, source="a\x1b]0;b\n.json", hold=hold)))

    assert "\x1b" not in text
    assert "\n" not in text


def test_without_a_size_there_is_no_bar_but_the_bytes_read() -> None:
    """A pipe's length is not known: nothing is made up."""
    progress = replace(LOADING, size_bytes=None, total=None, eta_seconds=None)

    lines = drawn(progress)

    assert lines[1] == "loaded 75,000 (30.0 MB)   sent 51,234"
    assert "%" not in "\n".join(lines)


def test_a_resume_shows_no_loading() -> None:
    """`resume` reads no file."""
    lines = drawn(replace(SENDING, command="resume", source=None))

    assert lines[0].startswith("resume what an earlier run left")
    assert "loaded" not in "\n".join(lines)


def test_a_hundred_per_cent_means_all() -> None:
    """99.9 % is not 100 %, and a run without records has nothing left to do."""
    nearly = replace(SENDING, total=100_000, counts=Counts(synced=99_990))
    empty = replace(SENDING, total=0, counts=Counts())

    assert drawn(nearly)[1].endswith(" 99 %")
    assert drawn(empty)[1].endswith("100 %")


def test_an_ascii_terminal_gets_ascii() -> None:
    """LANG=C: a bar of ━ would be a UnicodeEncodeError."""
    assert "\n".join(drawn(SENDING, is_ascii=True)).isascii()


def test_the_bar_can_be_read_without_colours() -> None:
    """NO_COLOR: what is done and what is left differ in shape."""
    bar = drawn(SENDING)[1]

    assert bar.count("━") > bar.count("─") > 0


def test_a_pipe_gets_one_line() -> None:
    """`status -watch | tee`: everything, on one line."""
    moving = progress_line(SENDING, NOON)
    held = progress_line(replace(SENDING, hold=HOLDS[0][0]), NOON)

    assert moving.startswith("68 %, loaded 75,000, sent 51,234 of 75,000, 980/s")
    assert moving.endswith("about 1 min 10 s left")
    assert held.endswith("waiting 12 s: Customer.io asked us to slow down")
