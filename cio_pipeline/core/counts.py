"""The counts of one run, in one place: a new one is one more field here.

The summary, the history, the progress and the metrics all hold a `Counts`. In JSON,
and in the state file, its fields appear beside those of the value that holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a run has done; field names are those of the JSON documents.

    A run's counts balance, always:
    ``resumed + records = synced + skipped + dead_lettered + pending``.

    Args:
        records: records read from the data file in this run.
        resumed: jobs found in the queue at the start.
        synced: jobs that Customer.io accepted.
        skipped: records left out because nothing changed (``-changed-only``).
        dead_lettered: records and jobs that became dead letters.
        pending: jobs left in the queue.
        requests: requests sent.
        retries: those of them that repeated a failed one.
    """

    records: int = 0
    resumed: int = 0
    synced: int = 0
    skipped: int = 0
    dead_lettered: int = 0
    pending: int = 0
    requests: int = 0
    retries: int = 0

    def __add__(self, other: Counts) -> Counts:
        names = (field.name for field in fields(self))
        return Counts(**{n: getattr(self, n) + getattr(other, n) for n in names})

    @property
    def settled(self) -> int:
        """How many records and jobs need nothing more."""
        return self.synced + self.skipped + self.dead_lettered

    def balanced(self) -> Counts:
        """Return the same counts, with ``pending`` set so that they balance."""
        return replace(self, pending=self.resumed + self.records - self.settled)


def counts_from(document: Mapping[str, Any]) -> Counts:
    """Read counts from a JSON document; 0 for those another version did not write."""
    names = (field.name for field in fields(Counts))
    return Counts(**{name: int(document.get(name, 0)) for name in names})


def document_of(value: Any) -> dict[str, Any]:  # noqa: ANN401  # any dataclass
    """Return a dataclass as a JSON document, its counts among its own fields.

    Args:
        value: a dataclass; at any depth, a `Counts` is in a field named ``counts``.
    """
    return asdict(value, dict_factory=_with_counts_inside)


def _with_counts_inside(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in items:
        document |= value if name == "counts" else {name: value}
    return document
