"""Mappings with more keys than ``from``, ``to`` and ``type``, and their checks. Pure.

They are imported only if a configuration has one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from cio_pipeline.core.config_checker import Checker
from cio_pipeline.core.config_mappings import Mapping
from cio_pipeline.core.jobs import JsonValue
from cio_pipeline.core.json_text import encode
from cio_pipeline.core.lookup import MISSING
from cio_pipeline.core.number_text import DecimalSign
from cio_pipeline.core.text import kind_of
from cio_pipeline.core.time_formats import compile_time_format

Transform = Literal["trim", "lower", "upper", "sha256"]
_TRANSFORMS: tuple[str, ...] = get_args(Transform)
# The key, and the types with which it has a meaning.
_KINDS_OF: dict[str, tuple[str, ...]] = {
    "format": ("timestamp",),
    "decimal": ("number", "integer"),
}
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")

# Text, and the name whose value follows it; the last one may have no name.
Template: TypeAlias = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedMapping(Mapping):
    """A mapping with more keys than ``from``, ``to`` and ``type``.

    Its text is part of a load's identity, as that of `Mapping`.

    Args:
        source: ``from``, or the template as written; empty for a constant.
        template: the parts of a template, or None.
        constant: the value, or `MISSING`.
        default: the value if the record has none, or `MISSING`.
        values: replacements, by the value as text.
        transforms: what is done with text, in this order.
        time_format: of a ``timestamp``; None for the usual formats.
        decimal: the decimal sign of a number, if it is known.
        on_error: what happens if the value cannot be made: the record is a dead letter,
            or only the attribute is left out.
    """

    template: Template | None = None
    constant: JsonValue = MISSING
    default: JsonValue = MISSING
    values: dict[str, JsonValue] = field(default_factory=dict)
    transforms: tuple[Transform, ...] = ()
    time_format: str | None = None
    decimal: DecimalSign | None = None
    on_error: Literal["dead_letter", "skip"] = "dead_letter"

    @property
    def names(self) -> tuple[str, ...]:
        """The keys and dotted paths of the record that it reads."""
        if self.template is not None:
            return tuple(name for _, name in self.template if name is not None)
        return (self.source,) if self.source else ()


def check_computed(
    checker: Checker,
    path: str,
    value: dict[str, Any],
    target: str,
    kind: Any,  # noqa: ANN401  # one of `_KINDS`
) -> ComputedMapping:
    """Return a mapping with other keys.

    Args:
        checker: the file's checker.
        path: the mapping's path: ``mappings[2]``.
        value: the mapping; its keys are known, and one says where the value comes from.
        target: its ``to``.
        kind: its ``type``, or ``as_is``.

    Raises:
        ConfigError: a value is invalid, or two keys do not fit together.
    """
    for name, kinds in _KINDS_OF.items():
        if name in value and kind not in kinds:
            types = " or ".join(map(repr, kinds))
            checker.fail(f"{path}.{name}", f"it needs the type {types}")
    known: dict[str, Any] = {}
    for name, item in value.items():
        if name in _COMPUTED:
            field_name, check = _COMPUTED[name]
            known[field_name] = check(checker, f"{path}.{name}", item)
    source = value.get("from", value.get("template", ""))
    if "value" not in value:
        checker.text(f"{path}.from", source)
    return ComputedMapping(source, target, kind, **known)


def _check_template(checker: Checker, key: str, value: object) -> Template:
    text = checker.text(key, value)
    parts: list[tuple[str, str | None]] = []
    literal, end = "", 0
    for found in _BRACES.finditer(text):
        literal += text[end : found.start()]
        end = found.end()
        if found[0] in ("{{", "}}"):
            literal += found[0][0]
            continue
        if not found[1]:
            checker.fail(key, "a brace without a name; write {{ or }} for a brace")
        parts.append((literal, found[1]))
        literal = ""
    if not parts:
        checker.fail(key, "it has no {name}; for a constant, write 'value'")
    rest = literal + text[end:]
    return (*parts, (rest, None)) if rest else tuple(parts)


def _check_json(checker: Checker, key: str, value: Any) -> JsonValue:  # noqa: ANN401  # any JSON
    try:
        encode(value)
    except ValueError as error:
        checker.fail(key, str(error))
    return value  # type: ignore[no-any-return]  # as just checked


def _check_values(checker: Checker, key: str, value: object) -> dict[str, JsonValue]:
    if not isinstance(value, dict) or not value:
        checker.fail(
            key, f"expected an object of replacements, found {_or_empty(value)}"
        )
    return {
        name: _check_json(checker, f"{key}.{name}", item)
        for name, item in value.items()
    }


def _check_transforms(checker: Checker, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        known = ", ".join(map(repr, _TRANSFORMS))
        checker.fail(key, f"expected a list of {known}, found {_or_empty(value)}")
    for index, item in enumerate(value):
        if item not in _TRANSFORMS:
            checker.one_of(f"{key}[{index}]", item, _TRANSFORMS)
    return tuple(value)


def _or_empty(value: object) -> str:
    return kind_of(value) if value or not isinstance(value, dict | list) else "no item"


def _check_format(checker: Checker, key: str, value: object) -> str:
    text = checker.text(key, value)
    try:
        compile_time_format(text)
    except ValueError as error:
        checker.fail(key, f"{error}. For example: 'DD/MM/YYYY HH:mm'")
    return text


# For each key: the field of `ComputedMapping`, and its check.
_COMPUTED: dict[str, tuple[str, Any]] = {
    "template": ("template", _check_template),
    "value": ("constant", _check_json),
    "default": ("default", _check_json),
    "values": ("values", _check_values),
    "transforms": ("transforms", _check_transforms),
    "format": ("time_format", _check_format),
    "decimal": ("decimal", lambda c, k, v: c.one_of(k, v, (".", ","))),
    "onError": ("on_error", lambda c, k, v: c.one_of(k, v, ("dead_letter", "skip"))),
}
