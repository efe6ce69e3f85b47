"""The configuration file's text: one JSON document without repeated keys. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from cio_pipeline.core.errors import ConfigError
from cio_pipeline.core.text import kind_of


def parse_document(text: bytes, path: str) -> dict[str, Any]:
    """Return the object that a configuration file has.

    Args:
        text: the file's content.
        path: the file's name, for messages.

    Raises:
        ConfigError: it is not UTF-8, not JSON, or not an object; or a key is repeated.
    """
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        is_utf16 = text.startswith((b"\xff\xfe", b"\xfe\xff"))
        found = "it is UTF-16" if is_utf16 else f"byte {error.start} is not UTF-8"
        raise ConfigError(path, f"{found}; save the file as UTF-8") from None
    if not decoded.strip():
        raise ConfigError(path, "the file is empty; expected a JSON object")
    try:
        document = json.loads(decoded, object_pairs_hook=_refuse_duplicates(path))
    except json.JSONDecodeError as error:
        raise ConfigError(path, _explain(error)) from None
    except RecursionError:
        raise ConfigError(path, "it is nested too deeply") from None
    if not isinstance(document, dict):
        raise ConfigError(path, f"expected a JSON object, found {kind_of(document)}")
    return document


def _explain(error: json.JSONDecodeError) -> str:
    """Return where the syntax error is and, for common mistakes, how to fix it."""
    before, rest = error.doc[: error.pos].rstrip(), error.doc[error.pos :].lstrip()
    problem, position = error.msg, error.pos
    # Python 3.12 and older report the position after the comma.
    if "railing comma" in error.msg or (before[-1:] == "," and rest[:1] in ("}", "]")):
        problem = "a comma after the last entry; remove it"
        position = error.doc.rfind(",", 0, error.pos + 1)
    elif rest.startswith("'"):
        problem = 'JSON has only double quotes: "'
    elif rest.startswith(("//", "/*", "#")):
        problem = "JSON has no comments; remove it"
    line = error.doc.count("\n", 0, position) + 1
    column = position - error.doc.rfind("\n", 0, position)
    return f"not JSON at line {line}, column {column}: {problem}"


def _refuse_duplicates(path: str) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        document: dict[str, Any] = {}
        for name, value in pairs:
            if name in document:
                raise ConfigError(path, "this key appears twice", key=name)
            document[name] = value
        return document

    return build
