"""One record of the data before and after the mappings. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from cio_pipeline.commands.check.record_warnings import values_of
from cio_pipeline.core.config_computed import ComputedMapping
from cio_pipeline.core.config_mappings import Mapping
from cio_pipeline.core.jobs import JsonValue, Payload
from cio_pipeline.core.lookup import MISSING, find
from cio_pipeline.core.text import shortened, visible

_MOST_SHOWN = 60


class Example(NamedTuple):
    """One record before and after.

    Args:
        record: the record.
        payload: what is sent for it.
    """

    record: dict[str, JsonValue]
    payload: Payload


def example_lines(example: Example, mappings: Sequence[Mapping]) -> list[str]:
    """Return a line for each mapping that changes a value: before and after."""
    shown = [each for each in mappings if _changes(each)]
    sent = values_of(example.payload)
    width = max((len(each.target) for each in shown), default=0)
    return [
        visible(
            f"  {each.target:<{width}}  {_before(each, example.record)}"
            f" -> {_short(sent.get(each.target, MISSING))}"
        )
        for each in shown
    ]


def _changes(mapping: Mapping) -> bool:
    return isinstance(mapping, ComputedMapping) or mapping.kind != "as_is"


def _before(mapping: Mapping, record: dict[str, JsonValue]) -> str:
    values = {name: _short(find(record, name)) for name in mapping.names}
    if isinstance(mapping, ComputedMapping) and mapping.template is not None:
        return ", ".join(f"{name} {value}" for name, value in values.items())
    return next(iter(values.values()), "(constant)")


def _short(value: JsonValue) -> str:
    if value is MISSING:
        return "(nothing)"
    return shortened(json.dumps(value, ensure_ascii=False), _MOST_SHOWN)
