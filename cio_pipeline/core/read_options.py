"""How data files are read, as the command line says."""

from __future__ import annotations

from dataclasses import dataclass, fields

from cio_pipeline.core.formats import Format, format_named, format_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """Options that decide which records a data file has.

    To add an option, add a field: it is a part of what a load is recognized by.

    Args:
        format: the name of the format; None to find it out.
    """

    format: str | None = None

    def format_of(self, name: str) -> Format:
        """Return the format that the options name, or a file's extension."""
        return format_named(self.format) if self.format else format_of(name)

    def digest_text(self, name: str) -> str:
        """Return a text that differs if the records of a file may differ.

        Args:
            name: the file's name.
        """
        others = (
            f" {field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if field.name != "format" and getattr(self, field.name) is not None
        )
        return self.format_of(name).name + "".join(others)
