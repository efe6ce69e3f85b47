"""Configurations in YAML 1.2, read so that text stays text. Pure.

PyYAML reads the structure. It follows YAML 1.1, where ``NO`` is false and ``012`` is
10. So plain values get their types here, by the core schema of YAML 1.2.2, section
10.3.2. Dates and times are text, and so are ``.inf`` and ``.nan``, which JSON lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import yaml

from cio_pipeline.core.errors import ConfigError

_PLAIN = "plain"  # the tag of a value without quotes and without a tag
_TEXT, _OBJECT, _LIST = (f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq"))
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_ZERO_FIRST = re.compile(r"[-+]?0[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# Anchors can make a small file very large.
_MOST_VALUES = 100_000
# A name in PyYAML's messages; it may be an API key without quotes.
_NAMED = re.compile(r"(alias|anchor|handle) .*")


class _Loader(yaml.BaseLoader):
    """Reads the structure; plain values have the tag `_PLAIN`."""


_Loader.add_implicit_resolver(_PLAIN, re.compile(""), None)


def parse_yaml(text: str, path: str) -> object:
    """Return the value of a YAML document.

    Args:
        text: the document.
        path: the file's name, for messages.

    Raises:
        ConfigError: it is not YAML, a key is repeated, or a value has a tag.
        RecursionError: it is nested too deeply.
    """
    return _Builder(path).build(_compose(text, path), "")


def yaml_lines(text: str) -> dict[str, int]:
    """Return the line of each key and list item, from 1, by its path.

    Args:
        text: a document that `parse_yaml` has accepted.
    """
    return dict(_lines_in(_compose(text, ""), ""))


def _compose(text: str, path: str) -> yaml.Node | None:
    try:
        return _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise ConfigError(path, _explain(error)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = "a character that YAML does not allow"
        raise ConfigError(path, f"not YAML at line {line}: {problem}") from None
    except (ValueError, OverflowError):  # "\\UFFFFFFFF"
        raise ConfigError(path, "not YAML: an escape that is no character") from None


def _explain(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    problem = ", ".join(filter(None, (error.context, error.problem)))
    if "'\\t'" in problem:
        problem = "a tab; YAML is indented with spaces"
    problem = _NAMED.sub(r"\1", problem)
    return f"not YAML{where}: {problem}"


class _Builder:
    """Makes values of nodes.

    Args:
        path: the file's name, for messages.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._values = 0

    def build(self, node: yaml.Node | None, key: str) -> Any:  # noqa: ANN401  # any JSON
        """Return the value of a node; ``key`` is its path."""
        if node is None:
            return None
        self._values += 1
        if self._values > _MOST_VALUES:
            raise ConfigError(self._path, f"more than {_MOST_VALUES:,} values")
        if isinstance(node, yaml.MappingNode) and node.tag == _OBJECT:
            return self._object(node, key)
        if isinstance(node, yaml.SequenceNode) and node.tag == _LIST:
            return [
                self.build(each, f"{key}[{index}]")
                for index, each in enumerate(node.value)
            ]
        if node.tag == _PLAIN:
            return self._plain(node, key)
        if node.tag == _TEXT:
            return node.value
        return self._fail(node, key, "it has a tag; only !!str is known")

    def _object(self, node: yaml.MappingNode, key: str) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for name_node, value in node.value:
            name = name_node.value
            if not isinstance(name_node, yaml.ScalarNode):
                self._fail(name_node, key, "a key must be text")
            inner = _path_of(key, name)
            if name in built:
                self._fail(name_node, inner, "this key appears twice")
            built[name] = self.build(value, inner)
        return built

    def _plain(self, node: yaml.Node, key: str) -> bool | float | str | None:
        text = node.value
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _ZERO_FIRST.fullmatch(text):
            problem = "a number that begins with 0; if it is text, put it in quotes"
            self._fail(node, key, problem)
        if _INTEGER.fullmatch(text):
            return int(text, 0)
        return float(text) if _FLOAT.fullmatch(text) else str(text)

    def _fail(self, node: yaml.Node, key: str, problem: str) -> NoReturn:
        line = node.start_mark.line + 1
        raise ConfigError(self._path, problem, key=key or None, line=line)


def _lines_in(node: yaml.Node | None, key: str) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            inner = _path_of(key, name.value)
            yield inner, name.start_mark.line + 1
            yield from _lines_in(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield f"{key}[{index}]", value.start_mark.line + 1
            yield from _lines_in(value, f"{key}[{index}]")


def _path_of(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
