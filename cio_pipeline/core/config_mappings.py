"""The mappings of a configuration, and how they are checked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from cio_pipeline.core.config_checker import Checker
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.limits import ATTRIBUTE_LIMIT_COUNT, ATTRIBUTE_NAME_LIMIT_BYTES

ValueKind = Literal["as_is", "timestamp", "number", "integer", "boolean", "text"]
_KINDS = ("timestamp", "number", "integer", "boolean", "text")
_SOURCES = ("from", "value", "template")
_PLAIN_KEYS = {"from", "to", "type"}
_KEYS = (
    *_SOURCES, "to", "default", "values", "transforms", "type", "format", "decimal",
    "onError",
)  # fmt: skip


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
    return _computed(checker, path, value, target, kind)


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


def _computed(
    checker: Checker,
    path: str,
    value: dict[str, Any],
    target: str,
    kind: Any,  # noqa: ANN401  # one of `_KINDS`
) -> Mapping:
    """Check a mapping with other keys, also whether its constants fit its type."""
    # Most configurations have none, and need not wait for these modules.
    from cio_pipeline.core.computed_values import AttributeReader  # noqa: PLC0415  # see above
    from cio_pipeline.core.config_computed import check_computed  # noqa: PLC0415  # see above

    mapping = check_computed(checker, path, value, target, kind)
    try:
        AttributeReader(mapping)
    except RecordError as error:
        name = "value" if "value" in value else "default"
        problem = str(error).replace(f"{mapping.source!r} is", "it is", 1)
        checker.fail(f"{path}.{name}", problem)
    return mapping
