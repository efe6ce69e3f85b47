"""What a run did, at its end."""

from __future__ import annotations

import json
from dataclasses import asdict

from cio_pipeline.model import RunSummary
from cio_pipeline.reports.wording import counted, duration

_REASONS = {
    "interrupted": "you stopped it",
    "keys_rejected": "Customer.io rejected the keys",
    "unreachable": "Customer.io was out of reach",
    "redirected": "the API's address redirects elsewhere",
    "untrusted_certificate": "the server's certificate was not accepted",
    "state_unwritable": "the state folder took no more writes",
    "invalid_data": "the data file broke off",
}


def summary_json(summary: RunSummary) -> str:
    """Write a run's result as one JSON document."""
    return json.dumps(asdict(summary), indent=2)


def summary_text(
    summary: RunSummary, *, dead_letter_command: str, resume_command: str
) -> str:
    """Say what a run did, and what to do next.

    Args:
        summary: its counts.
        dead_letter_command: what shows the dead letters.
        resume_command: what goes on where it stopped.
    """
    lines = [_headline(summary), ""]
    lines += [f"  {name:<14}{value:>12}" for name, value in _figures(summary)]
    if summary.dead_lettered:
        lines += ["", f"Why records are dead letters: {dead_letter_command}"]
    if summary.pending:
        lines += ["", f"To go on where it stopped:    {resume_command}"]
    return "\n".join(lines)


def _headline(summary: RunSummary) -> str:
    if summary.status == "stopped":
        reason = summary.reason or ""
        why = _REASONS.get(reason, reason)
        return f"Stopped: {why}. {counted(summary.pending, 'job')} kept in the queue."
    if summary.dead_lettered:
        dead = counted(summary.dead_lettered, "record")
        return f"Done, but {dead} could not be delivered."
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
    seconds = summary.duration_seconds
    rate = f" ({summary.synced / seconds:,.0f} users/s)" if seconds > 0 else ""
    return [*shown, ("took", duration(seconds) + rate)]
