"""What is common to all places where a data file can be."""

from __future__ import annotations

from typing import BinaryIO, Protocol


class Described(Protocol):
    """What is known about data before it is opened."""

    @property
    def path(self) -> str:
        """How messages name it."""

    @property
    def name(self) -> str:
        """How dead letters name it, if no other file has this name."""

    @property
    def size_bytes(self) -> int | None:
        """Its size; None if unknown (a pipe)."""

    @property
    def is_pipe(self) -> bool:
        """Whether it can be opened only once, and cannot seek."""

    @property
    def is_local_file(self) -> bool:
        """Whether opening it takes no time, and can be repeated."""


class Place(Described, Protocol):
    """Where a data file is, and how it is opened there."""

    def open(self) -> BinaryIO:
        """Open it at its beginning, without a buffer, or raise `DataFileError`."""

    def fingerprint(self, options: str) -> str | None:
        """Return what identifies its data later; None if nothing does.

        Args:
            options: `ReadOptions.digest_text`.
        """

    def has_changed(self, file: BinaryIO) -> bool:
        """Return whether the data is no longer that of the fingerprint."""
