"""What each reason means, what to do about it, and the commands that do it."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import dataclass

from cio_pipeline.commands.next_commands import queue_options
from cio_pipeline.commands.options import program_name
from cio_pipeline.core.jobs import (
    INVALID_RECORD,
    NOT_FOUND,
    REFUSED_LATER,
    REJECTED,
    RETRIES_EXHAUSTED,
    TOO_LARGE,
)
from cio_pipeline.core.text import visible


@dataclass(frozen=True, slots=True)
class Advice:
    """The advice for one reason.

    Args:
        meaning: what happened.
        remedy: what to do.
    """

    meaning: str
    remedy: str


_ADVICE = {
    INVALID_RECORD: Advice(
        "The record could not be mapped, so nothing was sent.",
        "Fix the data file or the mappings and sync again, then discard these; they"
        " cannot be requeued.",
    ),
    REJECTED: Advice(
        "Customer.io refused what was sent.",
        "Fix what its message names, in the data or the mappings, and sync again;"
        " then discard these.",
    ),
    NOT_FOUND: Advice(
        "Customer.io does not know the person or the address.",
        "Check the ids (one that begins with cio_ must already exist) and sync again,"
        " then discard these.",
    ),
    TOO_LARGE: Advice(
        "The payload is larger than Customer.io accepts in one request.",
        "Map fewer or shorter attributes and sync again, then discard these.",
    ),
    REFUSED_LATER: Advice(
        "Customer.io accepted these, and refused them when it processed them.",
        "Often an id or email belongs to another person. Fix it in the data or in"
        " Customer.io and sync again, then discard these; they cannot be requeued.",
    ),
    RETRIES_EXHAUSTED: Advice(
        "Customer.io repeatedly failed on these, but accepted others.",
        "This is often temporary: requeue them, then resume.",
    ),
}
_OTHER = Advice("They could not be delivered.", "Fix the cause, then requeue them.")


def advice_on(reason: str) -> Advice:
    """Return what a reason means and what to do."""
    return _ADVICE.get(reason, _OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command line of the report, from which it makes the commands to type next.

    Args:
        program: how the program is called.
        options: the options that select the queue: ``-config c.json``.
        filters: the options that select letters, except the reason; may be empty.
        reason: the selected reason, or None.
    """

    program: str
    options: str
    filters: str = ""
    reason: str | None = None

    @property
    def chosen(self) -> str:
        """The options that select letters; empty for all."""
        by_reason = "" if self.reason is None else _reason(self.reason)
        return f"{by_reason} {self.filters}".strip()

    @property
    def resume(self) -> str:
        """The command that sends what was requeued."""
        return f"{self.program} resume {self.options}"

    def command(self, action: str, filters: str = "") -> str:
        """Return a dead-letters command."""
        words = (f"{self.program} dead-letters", action, self.options, filters)
        return " ".join(filter(None, words))

    def commands_for(self, reason: str) -> list[str]:
        """Return the commands that requeue or discard the letters of one reason."""
        which = f"{_reason(reason)} {self.filters}".strip()
        if reason in _ADVICE and reason != RETRIES_EXHAUSTED:
            return [self.command("discard", which)]
        return [self.command("requeue", which), self.resume]


def _reason(reason: str) -> str:
    return f"-reason {shlex.quote(reason)}"


def asked_for(arguments: argparse.Namespace) -> Asked:
    """Return the options of a report.

    Another person may read the report, so it has the usual name of the program, not
    the path with which it was called.
    """
    filters: list[str] = []
    for name in ("user", "run", "since", "id"):
        value = getattr(arguments, name)
        if value is not None:
            values = value if isinstance(value, list) else [value]
            filters += [f"-{name}", *map(str, values)]
    return Asked(
        program=program_name(),
        options=visible(shlex.join(queue_options(arguments))),
        filters=visible(shlex.join(filters)),
        reason=arguments.reason,
    )
