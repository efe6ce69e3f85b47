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
    REJECTED,
    RETRIES_EXHAUSTED,
    TOO_LARGE,
)
from cio_pipeline.core.text import visible


@dataclass(frozen=True, slots=True)
class Advice:
    """What a person is told about one reason.

    Args:
        meaning: what happened.
        remedy: what to do.
    """

    meaning: str
    remedy: str


_ADVICE = {
    INVALID_RECORD: Advice(
        "The record could not be mapped, so nothing was sent.",
        "Mend the data file or the mappings and sync again, then discard these; they"
        " cannot be requeued.",
    ),
    REJECTED: Advice(
        "Customer.io refused what was sent.",
        "Mend what its message names, in the data or the mappings, and sync again;"
        " then discard these.",
    ),
    NOT_FOUND: Advice(
        "Customer.io knows no such person or address.",
        "Check the ids (one that begins with cio_ must exist already), sync again,"
        " then discard these.",
    ),
    TOO_LARGE: Advice(
        "It is more than Customer.io takes in one request.",
        "Map fewer or shorter attributes and sync again, then discard these.",
    ),
    RETRIES_EXHAUSTED: Advice(
        "Customer.io kept failing on these while it took others.",
        "This often passes: requeue them, then resume.",
    ),
}
_OTHER = Advice("They could not be delivered.", "Mend the cause, then requeue them.")


def advice_on(reason: str) -> Advice:
    """Say what a reason means and what to do."""
    return _ADVICE.get(reason, _OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How the report was asked for, ready to be typed again.

    Args:
        program: what the program is called.
        options: how configuration and state were named: ``-config c.json``.
        filters: which letters were asked for, the reason aside; may be empty.
        reason: the one reason that was asked for, or None.
    """

    program: str
    options: str
    filters: str = ""
    reason: str | None = None

    @property
    def chosen(self) -> str:
        """Which letters were asked for; empty for all."""
        by_reason = "" if self.reason is None else _reason(self.reason)
        return f"{by_reason} {self.filters}".strip()

    @property
    def resume(self) -> str:
        """The command that sends what was requeued."""
        return f"{self.program} resume {self.options}"

    def command(self, action: str, filters: str = "") -> str:
        """Write out a dead-letters command."""
        words = (f"{self.program} dead-letters", action, self.options, filters)
        return " ".join(filter(None, words))

    def commands_for(self, reason: str) -> list[str]:
        """Write out the commands that settle the shown letters of one reason."""
        which = f"{_reason(reason)} {self.filters}".strip()
        if reason in _ADVICE and reason != RETRIES_EXHAUSTED:
            return [self.command("discard", which)]
        return [self.command("requeue", which), self.resume]


def _reason(reason: str) -> str:
    return f"-reason {shlex.quote(reason)}"


def asked_for(arguments: argparse.Namespace) -> Asked:
    """Write out which dead letters a report is of, to be typed again.

    A report may be read by somebody else, elsewhere, so it names the program as
    people know it, not as it was called.
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
