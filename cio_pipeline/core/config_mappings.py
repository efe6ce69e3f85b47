"""The mappings of a configuration, and how they are checked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from cio_pipeline.core.config_checker import Checker
from cio_pipeline.core.limits import ATTRIBUTE_LIMIT_COUNT, ATTRIBUTE_NAME_LIMIT_BYTES

ValueKind = Literal["as_is", "timestamp", "number", "integer", "boolean"]
_KINDS = ("timestamp", "number", "integer", "boolean")


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
    checker.refuse_unknown(value, ("from", "to", "type"), f"{path}.")
    for name in ("from", "to"):
        if name not in value:
            checker.fail(f"{path}.{name}", "this key is required")
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
    return Mapping(checker.text(f"{path}.from", value["from"]), target, kind)
