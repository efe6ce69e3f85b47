"""What a run did, at its end, and what to do next."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict, dataclass

from cio_pipeline.model import RunSummary
from cio_pipeline.phrases import counted
from cio_pipeline.reports.dead_letters import cause_row
from cio_pipeline.reports.wording import duration, stop_reason, table
from cio_pipeline.store import Survey

_SHOWN_CAUSES = 3
_CAUSE_COLUMNS = (
    ("records", "right"),
    ("reason", "left"),
    ("status", "right"),
    ("message", "cut"),
)
_BEFORE_GOING_ON = {
    "keys_rejected": "Once siteId, apiKey and region are right, go on with",
    "unreachable": "When Customer.io is back, go on with",
    "untrusted_certificate": "Once its certificate is accepted, go on with",
    "redirected": "Once the address is right, go on with",
    "state_unwritable": "Once the state can be written, go on with",
    "proxy_unusable": "Once the proxy is named rightly, go on with",
    "ca_bundle_missing": "Once the bundle is named rightly, go on with",
    "too_many_threads": "With a lower parallelism, go on with",
    "too_many_open_files": "With a lower parallelism, go on with",
    "out_of_memory": "With more memory or a lower parallelism, go on with",
    "invalid_data": "Once the file is mended, run it again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NextCommands:
    """What may be typed after a run, ready to be pasted.

    Args:
        dead_letters: shows this run's dead letters.
        resume: finishes what is queued.
        again: the same command once more; it goes on with an unfinished load.
    """

    dead_letters: str
    resume: str
    again: str


def summary_json(summary: RunSummary) -> str:
    """Write a run's result as one JSON document."""
    return json.dumps(asdict(summary), indent=2)


def summary_text(
    summary: RunSummary,
    *,
    survey: Survey | None,
    is_loaded: bool,
    commands: NextCommands,
    width: int,
) -> str:
    """Say what a run did, why records failed, and what to do next.

    Args:
        summary: its counts.
        survey: what the dead letters of this run have in common; None without any.
        is_loaded: whether all of the data is in the queue.
        commands: what to do next.
        width: the widest line, commands apart.
    """
    lines = [*textwrap.wrap(_headline(summary), width), ""]
    lines += [f"  {name:<14}{value:>12}" for name, value in _figures(summary)]
    lines[-1] += _speed(summary)
    if survey is not None:
        lines += ["", *_why(survey, width)]
    if summary.dead_lettered:
        lines += ["", "Which records they are:", f"  {commands.dead_letters}"]
    return "\n".join(lines + _going_on(summary, commands, is_loaded=is_loaded))


def _headline(summary: RunSummary) -> str:
    if summary.reason == "invalid_data" and not summary.pending:
        return "Stopped: the data file broke off. All before the break was dealt with."
    if summary.status == "stopped":
        why = stop_reason(summary.reason or "")
        return f"Stopped: {why}. {counted(summary.pending, 'job')} kept in the queue."
    if summary.dead_lettered:
        dead = counted(summary.dead_lettered, "record")
        return f"Done, but {dead} could not be delivered."
    if summary.skipped and not summary.synced:
        return "Done: nothing has changed since it was last sent."
    if not summary.records and not summary.resumed:
        return "Done: there was nothing to send."
    return "Done: all synced."


def _figures(summary: RunSummary) -> list[tuple[str, str]]:
    figures = [
        ("records", summary.records),
        ("resumed", summary.resumed),
        ("synced", summary.synced),
        ("skipped", summary.skipped),
        ("dead letters", summary.dead_lettered),
        ("pending", summary.pending),
        ("requests", summary.requests),
        ("retries", summary.retries),
    ]
    always = ("records", "synced", "dead letters")
    shown = [(name, f"{n:,}") for name, n in figures if n or name in always]
    return [*shown, ("took", duration(summary.duration_seconds))]


def _speed(summary: RunSummary) -> str:
    seconds = summary.duration_seconds
    if not summary.synced or not seconds:
        return ""
    return f"  ({summary.synced / seconds:,.0f} users/s)"


def _why(survey: Survey, width: int) -> list[str]:
    rows = [cause_row(cause) for cause in survey.causes[:_SHOWN_CAUSES]]
    drawn = table(_CAUSE_COLUMNS, rows, width - 2)
    lines = [f"  {line}" for line in drawn.splitlines()]
    rarer = survey.cause_count - _SHOWN_CAUSES
    return [*lines, f"  and {counted(rarer, 'rarer cause')}"] if rarer > 0 else lines


def _going_on(
    summary: RunSummary, commands: NextCommands, *, is_loaded: bool
) -> list[str]:
    if summary.status != "stopped" or (is_loaded and not summary.pending):
        return []
    do = _BEFORE_GOING_ON.get(summary.reason or "", "To go on where it stopped")
    if is_loaded:
        return ["", f"{do}:", f"  {commands.resume}"]
    rest = "" if summary.reason == "invalid_data" else " (some of the data is unread)"
    return ["", f"{do}{rest}:", f"  {commands.again}"]
