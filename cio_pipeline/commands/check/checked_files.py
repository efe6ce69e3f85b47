"""The files of a check, and where their records are."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from cio_pipeline.core.jobs import Record
from cio_pipeline.source import Inputs
from cio_pipeline.source.raw import Note, SkippedRow


@dataclass(slots=True)
class CheckedFiles:
    """The files of a check. A position counts the records of all files, from 0.

    Args:
        names: their names.
        starts: the position of the first record of each file that was read.
        here: the position of the record that was read last.
        skipped_rows: kind -> number of rows read that are not records.
        notes: what was changed while reading, or is uncertain: kind -> how often.
        columns: all columns of tables, of which the records may have only some.
    """

    names: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    here: int = -1
    skipped_rows: Counter[SkippedRow] = field(default_factory=Counter)
    notes: Counter[Note] = field(default_factory=Counter)
    columns: set[str] = field(default_factory=set)

    @property
    def are_several(self) -> bool:
        """Whether a record's index needs the name of its file."""
        return len(self.names) > 1

    def records(self, inputs: Inputs) -> Iterator[Record]:
        """Read the records of all files.

        Raises:
            DataFileError: one of them cannot be read to its end.
        """
        self.names = [item.name for item in inputs.items]
        for position in range(len(self.names)):
            start = self.here + 1
            self.starts.append(start)
            with inputs.open(position) as source:
                try:
                    for record in source.records():
                        self.here = start + record.record_index
                        yield record
                finally:
                    self.skipped_rows += source.skipped_rows
                    self.notes += source.notes
                    self.columns.update(source.columns)

    def place_of(self, position: int) -> tuple[str, int]:
        """Return the file of a record, and the record's index in it."""
        file = bisect_right(self.starts, position) - 1
        return self.names[file], position - self.starts[file]
