"""`verify -failures`: what Customer.io refused after its 200."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from cio_pipeline.console.formatting import short_json, table, timestamp_text
from cio_pipeline.core.duplicates import Duplicates
from cio_pipeline.core.identifiers import identity
from cio_pipeline.core.text import counted
from cio_pipeline.customerio.activity_log import Activity, Identifier, utc

# Refusals listed in the result; the counts are of all.
MOST_NAMED = 1000
_SHOWN = 20
_SHOWN_OF_A_VALUE = 200
# Refusals whose ids are remembered, because the log is read several times.
_MOST_REMEMBERED = 100_000


class Refused(NamedTuple):
    """One refusal, and an identifier of its person; empty if none is known."""

    user_id: str
    activity: Activity


@dataclass(slots=True)
class Failures:
    """The refusals since a time; `take` collects them.

    Args:
        since: the time, by the server's clock.
        people: only refusals of these people; None for everybody in the workspace.
        invalid: how many records of the data could not be mapped.
        counts: type and attribute -> how many refusals.
        named: the first `MOST_NAMED` refusals.
    """

    since: datetime
    people: Duplicates | None = None
    invalid: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    named: list[Refused] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    @property
    def total(self) -> int:
        """How many refusals there are."""
        return self.counts.total()

    def take(self, activities: Sequence[Activity]) -> int:
        """Add the activities that are new and matter; return how many."""
        before = self.total
        for activity in activities:
            who = self._find(activity.identifiers)
            if activity.id not in self._seen and who is not None:
                self.counts[activity.type, activity.about] += 1
                if len(self.named) < MOST_NAMED:
                    self.named.append(Refused(who, activity))
            if len(self._seen) < _MOST_REMEMBERED:
                self._seen.add(activity.id)
        return self.total - before

    def _find(self, identifiers: tuple[Identifier, ...]) -> str | None:
        """Return the identifier of a person who matters; None if it does not matter."""
        if self.people is None:
            return identifiers[0].text if identifiers else ""
        for kind, text in identifiers:
            if identity(kind, text) in self.people:
                return text
        return None


def failures_json(result: Failures) -> str:
    """Return the refusals as one JSON document.

    ``attribute`` has the names of the attributes, or of the event. The first
    `MOST_NAMED` refusals are listed::

        {"since": str,                   UTC, ISO 8601
         "refused_later": int, "invalid": int,
         "counts": [{"type": str, "attribute": str, "count": int}],
         "failures": [
             {"id": str, "type": str, "attribute": str, "user_id": str,
              "refused_at": str,         UTC, ISO 8601
              "data": any JSON}]}        as Customer.io returned it
    """
    document = {
        "since": result.since.isoformat(timespec="seconds"),
        "refused_later": result.total,
        "invalid": result.invalid,
        "counts": [
            {"type": kind, "attribute": about, "count": count}
            for (kind, about), count in result.counts.most_common()
        ],
        "failures": [
            {
                "id": activity.id,
                "type": activity.type,
                "attribute": activity.about,
                "user_id": user_id,
                "refused_at": utc(activity.at).isoformat(timespec="seconds"),
                "data": activity.data,
            }
            for user_id, activity in result.named
        ],
    }
    return json.dumps(document, indent=2)


def failures_text(result: Failures, width: int) -> str:
    """Return the refusals as text: the counts, then the first ones."""
    lines = textwrap.wrap(_headline(result), width)
    if result.total:
        lines += ["", _count_table(result, width), "", _table(result, width)]
    if result.total > _SHOWN:
        lines += [
            f"The first {_SHOWN} of {result.total:,} are shown; -json shows more."
        ]
    if result.invalid:
        skipped = counted(result.invalid, "record")
        lines += ["", f"{skipped} skipped, because they could not be mapped."]
    return "\n".join(lines)


def _headline(result: Failures) -> str:
    since = timestamp_text(result.since.isoformat())
    is_everybody = result.people is None
    whose = "anybody in the workspace" if is_everybody else "people of this file"
    if not result.total:
        return f"Since {since} UTC, Customer.io refused nothing of {whose} later."
    changes = counted(result.total, "change")
    return f"Since {since} UTC, Customer.io refused {changes} of {whose} later:"


def _count_table(result: Failures, width: int) -> str:
    columns = (("count", "right"), ("type", "left"), ("attribute", "cut"))
    rows = [
        [f"{count:,}", kind, about]
        for (kind, about), count in result.counts.most_common(_SHOWN)
    ]
    return table(columns, rows, width)


def _table(result: Failures, width: int) -> str:
    columns = (("user", "cut"), ("at (UTC)", "left"), ("data", "cut"))
    rows = [
        [
            each.user_id,
            timestamp_text(utc(each.activity.at).isoformat()),
            short_json(each.activity.data, _SHOWN_OF_A_VALUE),
        ]
        for each in result.named[:_SHOWN]
    ]
    return table(columns, rows, width)
