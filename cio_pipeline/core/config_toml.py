"""Configurations in TOML 1.0. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from cio_pipeline.core.errors import ConfigError

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
# A list can have its items on several lines, an object cannot.
_ENDS = ("", "\n]", "\n]]")
_INLINE = re.compile(r"inline table key '(.*)'")
_NAME = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


def parse_toml(text: str, path: str) -> dict[str, Any]:
    """Return the object of a TOML document; dates and times are text.

    Args:
        text: the document.
        path: the file's name, for messages.

    Raises:
        ConfigError: it is not TOML, or a key is repeated.
        RecursionError: it is nested too deeply.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _explained(error, text, path) from None
    return {name: _without_times(value) for name, value in document.items()}


def toml_line(text: str, key: str) -> int | None:
    """Return the line of a key or list item, from 1; None if it is not there.

    The library does not report positions. So this finds the shortest beginning of the
    text that has the key.

    Args:
        text: a document that `parse_toml` has accepted.
        key: the path: ``mappings[2].to``.
    """
    lines = text.splitlines(keepends=True)
    if not _has(lines, key):
        return None
    without, with_key = 0, len(lines)
    while with_key - without > 1:
        middle = (without + with_key) // 2
        if _has(lines[:middle], key):
            with_key = middle
        else:
            without = middle
    return with_key


def _has(lines: list[str], key: str) -> bool:
    """Return whether lines have a key, up to the last line where they are TOML."""
    for count in range(len(lines), 0, -1):
        for end in _ENDS:
            try:
                document = tomllib.loads("".join(lines[:count]) + end)
            except tomllib.TOMLDecodeError:
                continue
            return key in _paths_in(document, "")
    return False


def _paths_in(value: object, key: str) -> Iterator[str]:
    if key:
        yield key
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _paths_in(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths_in(inner, f"{key}[{index}]")


def _explained(error: tomllib.TOMLDecodeError, text: str, path: str) -> ConfigError:
    message = str(error)
    place = _PLACE.search(message)
    problem = _PLACE.sub("", message)
    if place is None or place[1] is None:
        return ConfigError(path, f"not TOML at its end: {problem}")
    line = int(place[1])
    if problem.startswith(("Cannot overwrite", "Cannot declare", "Duplicate")):
        name = _INLINE.search(problem) or _NAME.match(text.splitlines()[line - 1])
        key = None if name is None else name[1]
        return ConfigError(path, "this key appears twice", key=key, line=line)
    return ConfigError(path, f"not TOML at line {line}, column {place[2]}: {problem}")


def _without_times(value: object) -> object:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _without_times(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_times(inner) for inner in value]
    return value
