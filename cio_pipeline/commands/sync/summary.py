"""What a run did, at its end, and what to do next."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict

from cio_pipeline.commands.causes import common_causes
from cio_pipeline.commands.next_commands import NextCommands
from cio_pipeline.console.formatting import duration
from cio_pipeline.console.stop_reasons import BEFORE_GOING_ON, stop_reason
from cio_pipeline.core.runs import RunSummary
from cio_pipeline.core.text import (
    counted,
    shortened,
)
from cio_pipeline.store import Survey


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
        lines += ["", *common_causes(survey, width)]
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


def _going_on(
    summary: RunSummary, commands: NextCommands, *, is_loaded: bool
) -> list[str]:
    if summary.status != "stopped" or (is_loaded and not summary.pending):
        return []
    do = BEFORE_GOING_ON.get(summary.reason or "", "To go on where it stopped")
    if is_loaded:
        return ["", f"{do}:", f"  {commands.resume}"]
    rest = "" if summary.reason == "invalid_data" else " (some of the data is unread)"
    return ["", f"{do}{rest}:", f"  {commands.again}"]


def mapped_to_nothing(keys: Sequence[str], mappings: int) -> str:
    """Say that no record has some of the mapped keys.

    Args:
        keys: the ``from`` of those mappings.
        mappings: how many mappings there are.
    """
    names = shortened(", ".join(map(repr, keys)), 200)
    if len(keys) == mappings:
        return (
            f"no record has any of the mapped keys ({names}), so nothing but the user"
            " ids is sent. Check 'mappings' in the configuration against the data"
        )
    key = "key" if len(keys) == 1 else "keys"
    return (
        f"no record has the mapped {key} {names}. Check 'mappings' in the configuration"
        " against the data"
    )
