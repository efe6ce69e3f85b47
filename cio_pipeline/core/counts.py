"""The counts of one run. To add a count, add a field here.

The summary, the history, the progress and the metrics all have a `Counts`. In JSON
and in the state file, its fields are beside those of the value that contains it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a run has done; field names are those of the JSON documents.

    A run's counts always balance:
    ``resumed + records = synced + skipped + dead_lettered + pending``.

    Args:
        records: records read from the data file in this run.
        resumed: jobs found in the queue at the start.
        synced: jobs that Customer.io accepted.
        skipped: records not sent because nothing changed (``-changed-only``).
        dead_lettered: records and jobs that became dead letters.
        left_out: values that could not be converted, and were left out of their
            records (``onError``).
        refused_later: what Customer.io refused after its 200 (``-failures``). These
            jobs are among ``synced``.
        pending: jobs still in the queue.
        requests: requests sent.
        retries: the requests among them that repeated a failed one.
        removed: the deletions and suppressions among the synced jobs.
    """

    records: int = 0
    resumed: int = 0
    synced: int = 0
    skipped: int = 0
    dead_lettered: int = 0
    left_out: int = 0
    refused_later: int = 0
    pending: int = 0
    requests: int = 0
    retries: int = 0
    removed: int = 0

    def __add__(self, other: Counts) -> Counts:
        names = (field.name for field in fields(self))
        return Counts(**{n: getattr(self, n) + getattr(other, n) for n in names})

    def __sub__(self, other: Counts) -> Counts:
        names = (field.name for field in fields(self))
        return Counts(**{n: getattr(self, n) - getattr(other, n) for n in names})

    @property
    def settled(self) -> int:
        """How many records and jobs are done."""
        return self.synced + self.skipped + self.dead_lettered

    def balanced(self) -> Counts:
        """Return the same counts, with ``pending`` set so that they balance."""
        return replace(self, pending=self.resumed + self.records - self.settled)


def counts_from(document: Mapping[str, Any]) -> Counts:
    """Read counts from a JSON document; a missing one is 0."""
    names = (field.name for field in fields(Counts))
    return Counts(**{name: int(document.get(name, 0)) for name in names})


def document_of(value: Any) -> dict[str, Any]:  # noqa: ANN401  # any dataclass
    """Return a dataclass as a JSON document, with its counts among its own fields.

    Args:
        value: a dataclass; at any depth, a field named ``counts`` has a `Counts`.
    """
    return asdict(value, dict_factory=_with_counts_inside)


def _with_counts_inside(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in items:
        document |= value if name == "counts" else {name: value}
    return document
