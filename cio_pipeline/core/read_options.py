"""How data files are read, and what is read of them."""

from __future__ import annotations

from dataclasses import dataclass

from cio_pipeline.core.config_files import DEFAULT_RULES, FileRules
from cio_pipeline.core.formats import FORMATS, Format, format_named, format_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the command line and the configuration say about data files.

    Args:
        format: the name of the format; None to find it out.
        rules: what else is known about the file's form.
        names: the keys and dotted paths that are used; None for all of them.
        ids: those of the names that identify a user, of which a record needs one.
        sheet: the name of the sheet to read; None for the first one.
    """

    format: str | None = None
    rules: FileRules = DEFAULT_RULES
    names: frozenset[str] | None = None
    ids: frozenset[str] = frozenset()
    sheet: str | None = None

    def format_of(self, name: str) -> Format | None:
        """Return the format that is given, or that of a file's extension, or None."""
        return format_named(self.format) if self.format else format_of(name)

    def digest_text(self, name: str) -> str:
        """Return a text that differs if the records of a file may differ.

        The mapping is a part of a load's identity, so the names are not needed here.

        Args:
            name: the file's name.
        """
        sheet = "" if self.sheet is None else f" {self.sheet!r}"
        expected = self.format_of(name) or FORMATS[0]
        return expected.name + self.rules.digest_text + sheet


READ_ALL = ReadOptions()
