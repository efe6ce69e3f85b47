"""The mappings of a configuration, and how they are checked. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from cio_pipeline.core.config_checker import Checker
from cio_pipeline.core.jobs import JsonValue
from cio_pipeline.core.json_text import encode
from cio_pipeline.core.limits import ATTRIBUTE_LIMIT_COUNT, ATTRIBUTE_NAME_LIMIT_BYTES
from cio_pipeline.core.lookup import MISSING
from cio_pipeline.core.number_text import DecimalSign
from cio_pipeline.core.text import kind_of
from cio_pipeline.core.time_formats import compile_time_format

ValueKind = Literal["as_is", "timestamp", "number", "integer", "boolean", "text"]
_KINDS = ("timestamp", "number", "integer", "boolean", "text")
Transform = Literal["trim", "lower", "upper", "sha256"]
_TRANSFORMS: tuple[str, ...] = get_args(Transform)
_SOURCES = ("from", "value", "template")
_PLAIN_KEYS = {"from", "to", "type"}
_KEYS = (
    *_SOURCES, "to", "default", "values", "transforms", "type", "format", "decimal",
    "onError",
)  # fmt: skip
# The key, and the types with which it has a meaning.
_KINDS_OF: dict[str, tuple[str, ...]] = {
    "format": ("timestamp",),
    "decimal": ("number", "integer"),
}
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")

# Text, and the name whose value follows it; the last one may have no name.
Template: TypeAlias = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """One configured ``from`` -> ``to``.

    Args:
        source: a key of the record, or a dotted path into nested objects.
        target: the attribute's name in Customer.io.
        kind: the type that the value is converted to.
    """

    source: str
    target: str
    kind: ValueKind = "as_is"

    @property
    def names(self) -> tuple[str, ...]:
        """The keys and dotted paths of the record that it reads."""
        return (self.source,)


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


def check_mappings(checker: Checker, key: str, value: object) -> tuple[Mapping, ...]:
    """Return the mappings that a configuration has.

    Raises:
        ConfigError: one is invalid, or two have the same target.
    """
    if not isinstance(value, list):
        checker.wrong(key, "a list of objects with 'from' and 'to'", value)
    if len(value) > ATTRIBUTE_LIMIT_COUNT:
        checker.fail(
            key,
            f"{len(value)} mappings; Customer.io accepts up to"
            f" {ATTRIBUTE_LIMIT_COUNT} attributes",
        )
    mappings = [
        _check_mapping(checker, f"{key}[{index}]", item)
        for index, item in enumerate(value)
    ]
    seen: dict[str, int] = {}
    for index, mapping in enumerate(mappings):
        first = seen.setdefault(mapping.target, index)
        if first != index:
            checker.fail(
                f"{key}[{index}].to",
                f"{key}[{first}] already maps to {mapping.target!r}",
            )
    return tuple(mappings)


def _check_mapping(checker: Checker, path: str, value: object) -> Mapping:
    if not isinstance(value, dict):
        checker.wrong(path, "an object with 'from' and 'to'", value)
    checker.refuse_unknown(value, _KEYS, f"{path}.")
    _check_source(checker, path, value)
    if "to" not in value:
        checker.fail(f"{path}.to", "this key is required")
    target = checker.text(f"{path}.to", value["to"])
    size = len(target.encode("utf-8", "surrogatepass"))
    if size > ATTRIBUTE_NAME_LIMIT_BYTES:
        checker.fail(
            f"{path}.to",
            f"{size} bytes; Customer.io accepts names of up to"
            f" {ATTRIBUTE_NAME_LIMIT_BYTES} bytes",
        )
    kind: Any = "as_is"
    if "type" in value:
        kind = checker.one_of(f"{path}.type", value["type"], _KINDS)
    if value.keys() <= _PLAIN_KEYS:
        return Mapping(checker.text(f"{path}.from", value["from"]), target, kind)
    return _check_computed(checker, path, value, target, kind)


def _check_source(checker: Checker, path: str, value: dict[str, Any]) -> None:
    sources = [name for name in _SOURCES if name in value]
    if not sources:
        checker.fail(f"{path}.from", "this key is required (or 'value' or 'template')")
    if len(sources) > 1:
        checker.fail(
            f"{path}.{sources[1]}",
            f"a mapping has only one of {', '.join(map(repr, sources))}; remove one",
        )
    useless = {"default", "values", "transforms", "onError"} & value.keys()
    if "value" in value and useless:
        name = next(each for each in value if each in useless)
        checker.fail(f"{path}.{name}", "it has no effect on a constant 'value'")


def _check_computed(
    checker: Checker,
    path: str,
    value: dict[str, Any],
    target: str,
    kind: Any,  # noqa: ANN401  # one of `_KINDS`
) -> ComputedMapping:
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
