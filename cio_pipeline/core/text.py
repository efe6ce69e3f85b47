"""Text functions for messages, logs and reports. Pure."""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 dead letter``, ``2,000 dead letters``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], most: int) -> str:
    """Return names as text: ``a, b and 40 more``."""
    text = ", ".join(names[:most])
    return text if len(names) <= most else f"{text} and {len(names) - most:,} more"


def kind_of(value: object) -> str:
    """Return the kind of a JSON value in words: ``a list``."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    names = {dict: "an object", list: "a list", str: "text", type(None): "null"}
    return names[type(value)]


def shortened(text: str, most: int) -> str:
    """Return a text, cut to ``most`` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a person most likely meant, or None."""
    plain = {_plain(each): each for each in known}
    matches = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=0.6)
    return plain[matches[0]] if matches else None


def did_you_mean(near: str, name: str) -> str:
    """Return the question whether a known name was meant.

    Two names that look the same are written with JSON escapes, which show the
    difference and can be copied into the configuration.
    """
    if unicodedata.normalize("NFC", near) != unicodedata.normalize("NFC", name):
        return f"did you mean {near!r}?"
    return (
        f"did you mean {json.dumps(near)}? The names look the same, but have different"
        f" Unicode forms: this one is {json.dumps(name)}"
    )


def visible(text: str) -> str:
    """Return a text with its control characters escaped, safe for a terminal."""
    if text.isprintable():
        return text
    return escaped(text, lambda character: not character.isprintable())


def escaped(text: str, is_meant: Callable[[str], bool]) -> str:
    r"""Escape some characters as in Python: a line feed becomes ``\n``."""
    return "".join(
        each.encode("unicode_escape").decode() if is_meant(each) else each
        for each in text
    )


def _plain(name: str) -> str:
    composed = unicodedata.normalize("NFC", name)
    return composed.lower().replace("_", "").replace("-", "")


def seen_from(path: str) -> str:
    """Return the folder that a relative path starts at, for a message."""
    if Path(path).is_absolute():
        return ""
    try:
        return f" (the current directory is {Path.cwd()})"
    except OSError:
        return " (the current directory does not exist)"
