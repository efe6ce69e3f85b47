"""The configuration file's text: a document without repeated keys. Pure.

The file's extension says whether it is JSON, YAML or TOML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, Literal

from cio_pipeline.core.errors import ConfigError
from cio_pipeline.core.text import kind_of

_FORMATS: dict[str, Literal["YAML", "TOML"]] = {
    ".yaml": "YAML",
    ".yml": "YAML",
    ".toml": "TOML",
}
# Or one character, so that every key has one.
_LAST_PART = re.compile(r"(\[\d+\]|\.?[^.\[\]]+|.)\Z", re.DOTALL)


def parse_document(text: bytes, path: str) -> dict[str, Any]:
    """Return the object that a configuration file has.

    Args:
        text: the file's content.
        path: the file's name; its extension says what it is, and is JSON otherwise.

    Raises:
        ConfigError: it is not UTF-8, not valid, or not an object; a key is repeated; or
            the package that reads YAML is not installed.
    """
    decoded = _decode(text, path)
    name = _format_of(path)
    if not decoded.strip():
        raise ConfigError(path, f"the file is empty; expected a {name} object")
    try:
        document = _PARSERS[name](decoded, path)
    except RecursionError:
        raise ConfigError(path, "it is nested too deeply") from None
    except ValueError:
        raise ConfigError(path, "a number has too many digits") from None
    if not isinstance(document, dict):
        raise ConfigError(path, f"expected a {name} object, found {kind_of(document)}")
    return document


def line_of_key(text: bytes, path: str, key: str) -> int | None:
    """Return the line of a key, from 1; of the object that misses it; or None.

    JSON has no lines here.

    Args:
        text: a file's content that `parse_document` has accepted.
        path: the file's name.
        key: the path of the key: ``mappings[2].to``.
    """
    decoded = _decode(text, path)
    find = _LINES[_format_of(path)]
    while key:
        line = find(decoded, key)
        if line is not None:
            return line
        key = _LAST_PART.sub("", key)
    return None


def _format_of(path: str) -> Literal["JSON", "YAML", "TOML"]:
    return _FORMATS.get(PurePath(path).suffix.lower(), "JSON")


def _decode(text: bytes, path: str) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        is_utf16 = text.startswith((b"\xff\xfe", b"\xfe\xff"))
        found = "it is UTF-16" if is_utf16 else f"byte {error.start} is not UTF-8"
        raise ConfigError(path, f"{found}; save the file as UTF-8") from None


def _parse_json(text: str, path: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_refuse_duplicates(path))
    except json.JSONDecodeError as error:
        raise ConfigError(path, _explain(error)) from None


def _parse_yaml(text: str, path: str) -> object:
    try:
        from cio_pipeline.core.config_yaml import parse_yaml  # noqa: PLC0415  # optional
    except ImportError:
        raise ConfigError(
            path,
            "reading YAML needs a package: pip install 'cio-pipeline[yaml]'",
        ) from None
    return parse_yaml(text, path)


def _parse_toml(text: str, path: str) -> object:
    from cio_pipeline.core.config_toml import parse_toml  # noqa: PLC0415  # few use it

    return parse_toml(text, path)


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


def _no_line(_text: str, _key: str) -> None:
    """Return that the line is not known."""


def _yaml_line(text: str, key: str) -> int | None:
    from cio_pipeline.core.config_yaml import yaml_lines  # noqa: PLC0415  # optional

    return yaml_lines(text).get(key)


def _toml_line(text: str, key: str) -> int | None:
    from cio_pipeline.core.config_toml import toml_line  # noqa: PLC0415  # few use it

    return toml_line(text, key)


_PARSERS = {"JSON": _parse_json, "YAML": _parse_yaml, "TOML": _parse_toml}
_LINES: dict[str, Callable[[str, str], int | None]] = {
    "JSON": _no_line,
    "YAML": _yaml_line,
    "TOML": _toml_line,
}
