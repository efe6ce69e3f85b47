"""The summary of a run: what it did, and what to do next."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from cio_pipeline.commands.causes import common_causes
from cio_pipeline.commands.headline import headline
from cio_pipeline.commands.next_commands import NextCommands
from cio_pipeline.console.formatting import duration, milliseconds
from cio_pipeline.console.stop_reasons import stop_reason
from cio_pipeline.core.counts import document_of
from cio_pipeline.core.runs import RunSummary
from cio_pipeline.core.text import shortened, visible
from cio_pipeline.store import DeadLetterStatistics

if TYPE_CHECKING:
    from cio_pipeline.pipeline.missing import MissingResult

_ALWAYS_SHOWN = ("records", "synced", "dead_lettered")
_HEADINGS = {"dead_lettered": "dead letters"}
_MOST_NAMED = 20


def summary_json(summary: RunSummary, missing: MissingResult | None = None) -> str:
    """Return a run's result as one JSON document.

    The keys are the fields of `RunSummary`, with those of `Counts` among them::

        {"run_id": str,
         "status": "completed" | "completed_with_dead_letters" | "stopped",
         "reason": str | null,           a key of `STOP_REASONS`
         "records": int, "resumed": int, "synced": int, "skipped": int,
         "dead_lettered": int, "left_out": int,
         "refused_later": int,           among the synced ones; 0 without -failures
         "pending": int, "requests": int, "retries": int,
         "removed": int,
         "missing": int, "missing_queued": int,      0 without -missing
         "duration_seconds": float,
         "latency_ms": null | {"p50": float, "p95": float, "p99": float},
         "missing_people": [str, ...]}   the first 1,000; only with ``missing``
    """
    document = document_of(summary)
    if missing is not None:
        document["missing_people"] = missing.found.first
    return json.dumps(document, indent=2)


def summary_text(
    summary: RunSummary,
    *,
    statistics: DeadLetterStatistics | None,
    refused: Sequence[str] | None = None,
    missing: MissingResult | None = None,
    is_loaded: bool,
    commands: NextCommands,
    width: int,
    noun: str = "users",
) -> str:
    """Return what a run did, why records failed, and what to do next.

    Args:
        summary: its counts.
        statistics: the causes of this run's dead letters; None if there are none.
        refused: the first users of what was refused after the 200; None if that was not
            read.
        missing: who was missing; None if nobody looked.
        is_loaded: whether all of the data is in the queue.
        commands: the commands to suggest.
        width: the widest line; commands may be longer.
        noun: what the records are.
    """
    counts = summary.counts
    lines = [*textwrap.wrap(headline(summary), width), ""]
    lines += [f"  {name:<14}{value:>12}" for name, value in _figures(summary)]
    if refused is None:  # else the time is mostly that of reading refusals
        lines[-1] += _speed(summary, noun)
    lines += _answers(summary)
    if statistics is not None:
        lines += ["", *common_causes(statistics, width)]
    if refused:
        lines += ["", *_users("Refused later", refused, counts.refused_later, width)]
    if missing is not None and missing.found.missing:
        first = missing.found.first[:_MOST_NAMED]
        lines += ["", *_users("Missing", first, missing.found.missing, width)]
    if statistics is not None:
        lines += ["", "To see these records:", f"  {commands.dead_letters}"]
    return "\n".join(lines + _next_step(summary, commands, is_loaded=is_loaded))


def _users(title: str, users: Sequence[str], count: int, width: int) -> list[str]:
    more = f" and {count - len(users):,} more" if count > len(users) else ""
    names = ", ".join(map(visible, users))
    return textwrap.wrap(f"{title}: {names}{more}", width)


def _figures(summary: RunSummary) -> list[tuple[str, str]]:
    shown = [
        (_HEADINGS.get(name, name.replace("_", " ")), f"{n:,}")
        for name, n in asdict(summary.counts).items()
        if n or name in _ALWAYS_SHOWN
    ]
    return [*shown, ("took", duration(summary.duration_seconds))]


def _speed(summary: RunSummary, noun: str) -> str:
    seconds = summary.duration_seconds
    if not summary.counts.synced or not seconds:
        return ""
    return f"  ({summary.counts.synced / seconds:,.0f} {noun}/s)"


def _answers(summary: RunSummary) -> list[str]:
    took = summary.latency_ms
    if took is None:
        return []
    p50, p95, p99 = (milliseconds(each) for each in (took.p50, took.p95, took.p99))
    return [f"  {'answers':<14}{p50:>12}  (95 % within {p95}, 99 % within {p99})"]


def _next_step(
    summary: RunSummary, commands: NextCommands, *, is_loaded: bool
) -> list[str]:
    is_held = summary.reason == "too_many_missing"
    is_all_done = is_loaded and not summary.counts.pending and not is_held
    if summary.status != "stopped" or is_all_done:
        return []
    step = stop_reason(summary.reason or "").next_step
    if is_held:
        return ["", f"{step}:", f"  {commands.again}"]
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
