"""The summary of a run: what it did, and what to do next."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict

from cio_pipeline.commands.causes import common_causes
from cio_pipeline.commands.next_commands import NextCommands
from cio_pipeline.console.formatting import duration, milliseconds
from cio_pipeline.console.stop_reasons import stop_reason
from cio_pipeline.core.counts import document_of
from cio_pipeline.core.runs import RunSummary
from cio_pipeline.core.text import counted, shortened
from cio_pipeline.store import DeadLetterStatistics

_ALWAYS_SHOWN = ("records", "synced", "dead_lettered")
_HEADINGS = {"dead_lettered": "dead letters"}


def summary_json(summary: RunSummary) -> str:
    """Return a run's result as one JSON document.

    The keys are the fields of `RunSummary`, with those of `Counts` among them::

        {"run_id": str,
         "status": "completed" | "completed_with_dead_letters" | "stopped",
         "reason": str | null,           a key of `STOP_REASONS`
         "records": int, "resumed": int, "synced": int, "skipped": int,
         "dead_lettered": int, "left_out": int, "pending": int, "requests": int,
         "retries": int,
         "duration_seconds": float,
         "latency_ms": null | {"p50": float, "p95": float, "p99": float}}
    """
    return json.dumps(document_of(summary), indent=2)


def summary_text(
    summary: RunSummary,
    *,
    statistics: DeadLetterStatistics | None,
    is_loaded: bool,
    commands: NextCommands,
    width: int,
) -> str:
    """Return what a run did, why records failed, and what to do next.

    Args:
        summary: its counts.
        statistics: the causes of this run's dead letters; None if there are none.
        is_loaded: whether all of the data is in the queue.
        commands: the commands to suggest.
        width: the widest line; commands may be longer.
    """
    lines = [*textwrap.wrap(_headline(summary), width), ""]
    lines += [f"  {name:<14}{value:>12}" for name, value in _figures(summary)]
    lines[-1] += _speed(summary)
    lines += _answers(summary)
    if statistics is not None:
        lines += ["", *common_causes(statistics, width)]
    if summary.counts.dead_lettered:
        lines += ["", "To see these records:", f"  {commands.dead_letters}"]
    return "\n".join(lines + _next_step(summary, commands, is_loaded=is_loaded))


def _headline(summary: RunSummary) -> str:
    counts = summary.counts
    if summary.reason == "invalid_data" and not counts.pending:
        return (
            "Stopped: the data file is broken. Every record before that point was"
            " processed."
        )
    if summary.status == "stopped":
        why = stop_reason(summary.reason or "").clause
        return f"Stopped: {why}. {counted(counts.pending, 'job')} left in the queue."
    if counts.dead_lettered:
        dead = counted(counts.dead_lettered, "record")
        return f"Done, but {dead} could not be delivered."
    if counts.skipped and not counts.synced:
        return "Done: nothing has changed since the last delivery."
    if not counts.records and not counts.resumed:
        return "Done: there was nothing to send."
    return "Done: all synced."


def _figures(summary: RunSummary) -> list[tuple[str, str]]:
    shown = [
        (_HEADINGS.get(name, name.replace("_", " ")), f"{n:,}")
        for name, n in asdict(summary.counts).items()
        if n or name in _ALWAYS_SHOWN
    ]
    return [*shown, ("took", duration(summary.duration_seconds))]


def _speed(summary: RunSummary) -> str:
    seconds = summary.duration_seconds
    if not summary.counts.synced or not seconds:
        return ""
    return f"  ({summary.counts.synced / seconds:,.0f} users/s)"


def _answers(summary: RunSummary) -> list[str]:
    took = summary.latency_ms
    if took is None:
        return []
    p50, p95, p99 = (milliseconds(each) for each in (took.p50, took.p95, took.p99))
    return [f"  {'answers':<14}{p50:>12}  (95 % within {p95}, 99 % within {p99})"]


def _next_step(
    summary: RunSummary, commands: NextCommands, *, is_loaded: bool
) -> list[str]:
    if summary.status != "stopped" or (is_loaded and not summary.counts.pending):
        return []
    step = stop_reason(summary.reason or "").next_step
    if is_loaded:
        return ["", f"{step}:", f"  {commands.resume}"]
    note = "" if summary.reason == "invalid_data" else " (some data is not read yet)"
    return ["", f"{step}{note}:", f"  {commands.again}"]


def unused_keys_text(keys: Sequence[str], mappings: int) -> str:
    """Return a warning that no record has some of the mapped keys.

    Args:
        keys: the ``from`` of those mappings.
        mappings: how many mappings there are.
    """
    names = shortened(", ".join(map(repr, keys)), 200)
    if len(keys) == mappings:
        return (
            f"no record has any of the mapped keys ({names}), so only user ids are"
            " sent. Compare 'mappings' in the configuration with the data"
        )
    key = "key" if len(keys) == 1 else "keys"
    return (
        f"no record has the mapped {key} {names}. Compare 'mappings' in the"
        " configuration with the data"
    )
