"""Which format a text has, by its beginning. Pure."""

from __future__ import annotations

import re

from cio_pipeline.core.formats import FORMATS, Format, format_named

# The start of an array, of objects, or of a JSON text sequence (RFC 7464). A bracket
# alone could also start a column's name.
_JSON = re.compile(
    rb'\s*(?:\x1e|\[\s*(?:[\[{\]"\d-]|true|false|null|$)|\{\s*(?:["}]|$))'
)
# A line with delimiters, but no sentence and no markup: it may be an error message.
_CELLS = re.compile(rb"[\r\n ]*+(?!<|[^\r\n]*[,;] \w)[^\r\n]*?[,;\t|]")


def format_of_content(beginning: bytes, by_name: Format | None) -> Format:
    """Return the format of a text: as its content shows, and else as its name says.

    Args:
        beginning: its first line at least, without a BOM.
        by_name: the format for the file's extension; None for an unknown one.
    """
    if _JSON.match(beginning):
        return format_named("json")
    if by_name is not None:
        return by_name
    return format_named("csv") if _CELLS.match(beginning) else FORMATS[0]
