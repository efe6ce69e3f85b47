"""One run as a page for a browser: once, or live (`server`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from cio_pipeline.commands.headline import headline
from cio_pipeline.commands.status.report import ended_text, stuck_text
from cio_pipeline.commands.status.run_plot import run_plot, shown_holds
from cio_pipeline.console.formatting import duration, milliseconds, timestamp_text
from cio_pipeline.console.pages.page import Page
from cio_pipeline.console.progress_view import progress_line
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.runs import RunRecord
from cio_pipeline.store.run_report import RunReport

# Each has a template of its own, ``run_NAME.html``, so that a live page can replace it.
PARTS = ("state", "figures", "plot", "causes", "history")


class HistoryRow(NamedTuple):
    """A run in the history, as text, and how its counts differ from the run before.

    Args:
        is_this: whether the page is about it.
        synced: with the change, and the width of its bar in percent.
        dead: as above.
    """

    started: str
    source: str
    ended: str
    synced: tuple[str, str, float]
    dead: tuple[str, str, float]
    took: str
    answers: str
    is_this: bool


def run_page(
    report: RunReport, *, now: datetime, is_live: bool = False
) -> Iterator[str]:
    """Return the page, some lines at a time.

    Args:
        report: the run.
        now: the time that the page shows, in UTC.
        is_live: whether a server sends its parts again when they change.
    """
    run = report.run
    return _page(is_live=is_live).render(
        title="No runs" if run is None else f"Run {run.run_id}",
        now=f"{now:%Y-%m-%d %H:%M:%S}",
        is_live=is_live,
        **_values(report, now),
    )


def run_parts(report: RunReport, *, now: datetime) -> dict[str, str]:
    """Return name -> HTML for the parts of the page that can change."""
    page, values = _page(is_live=True), _values(report, now)
    return {name: page.render_part(f"run_{name}", **values) for name in PARTS}


@cache  # it compiles the templates, and the live page is made every second
def _page(*, is_live: bool) -> Page:
    return Page("cio_pipeline.commands.status", "run", is_live=is_live)


def _values(report: RunReport, now: datetime) -> dict[str, object]:
    """Return what the templates of the parts need."""
    run, timeline = report.run, report.timeline
    if run is None:
        return {"run": None, "state": "There has been no run yet.", "kind": "none"}
    kind, state = _state(run, report, now)
    causes = report.dead_letters.causes
    return {
        "run": run,
        "state": state,
        "kind": kind,
        "figures": _figures(run),
        "plot": run_plot(run, timeline) if timeline else None,
        "holds": shown_holds(run, timeline.holds) if timeline else [],
        "causes": causes,
        "most_letters": max((cause.letters for cause in causes), default=1),
        "rarer_causes": report.dead_letters.cause_count - len(causes),
        "history": _history([run, *report.earlier]),
    }


def _state(run: RunRecord, report: RunReport, now: datetime) -> tuple[str, str]:
    """Return a word for the state of the run, and a sentence."""
    running = report.status.running
    if report.is_running and running is not None:
        progress = progress_line(running.progress, now) if running.progress else ""
        return "running", stuck_text(running) or f"Running: {progress}"
    ended = f" Ended at {timestamp_text(run.ended_at)} UTC." if run.ended_at else ""
    kind = "stopped" if run.status == "stopped" else "done"
    return kind, f"{headline(run)}{ended}"


def _figures(run: RunRecord) -> list[tuple[str, str]]:
    counts, took = run.counts, run.latency_ms
    shown = [
        ("Synced", counts.synced),
        ("Unchanged", counts.skipped),
        ("Dead letters", counts.dead_lettered),
        ("Refused later", counts.refused_later),
        ("Values left out", counts.left_out),
        ("Left in the queue", counts.pending),
        ("Requests", counts.requests),
        ("Retries", counts.retries),
    ]
    always = ("Synced", "Dead letters")
    figures = [(name, f"{n:,}") for name, n in shown if n or name in always]
    figures.append(("Took", duration(run.duration_seconds)))
    if took is not None:
        figures += [
            ("50 % answered within", milliseconds(took.p50)),
            ("95 %", milliseconds(took.p95)),
            ("99 %", milliseconds(took.p99)),
        ]
    return figures


def _failed(counts: Counts) -> int:
    """Return how many dead letters a run has made."""
    return counts.dead_lettered + counts.refused_later


def _history(runs: Sequence[RunRecord]) -> list[HistoryRow]:
    """Return a row for each run; the first one is the one that is shown."""
    most_synced = max(1, *(run.counts.synced for run in runs))
    most_dead = max(1, *(_failed(run.counts) for run in runs))
    rows: list[HistoryRow] = []
    for index, run in enumerate(runs):
        before = next(
            (each.counts for each in runs[index + 1 :] if each.source == run.source),
            None,
        )
        synced, dead = run.counts.synced, _failed(run.counts)
        rows.append(
            HistoryRow(
                started=run.started_at[:16].replace("T", " "),
                source=run.source or "(resume)",
                ended=ended_text(run),
                synced=(
                    f"{synced:,}",
                    _change(synced, before.synced if before else None),
                    round(100 * synced / most_synced, 1),
                ),
                dead=(
                    f"{dead:,}",
                    _change(dead, _failed(before) if before else None),
                    round(100 * dead / most_dead, 1),
                ),
                took=duration(run.duration_seconds),
                answers=milliseconds(run.latency_ms.p95) if run.latency_ms else "",
                is_this=not index,
            )
        )
    return rows


def _change(now: int, before: int | None) -> str:
    """Return the difference with its sign; empty if there is none."""
    if before is None or now == before:
        return ""
    return f"{now - before:+,}"
