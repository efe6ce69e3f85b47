"""What ``-missing`` does about people who are not in the file. Pure."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.jobs import JsonValue
from cio_pipeline.core.limits import (
    ATTRIBUTE_NAME_LIMIT_BYTES,
    ATTRIBUTE_VALUE_LIMIT_BYTES,
)
from cio_pipeline.core.operations import Action, RecordKind
from cio_pipeline.core.text import counted
from cio_pipeline.pipeline.dead_letter_limit import number_or_share

_EXPECTED = "expected report, delete, suppress or set:NAME=VALUE"
_REMOVALS: dict[str, Action] = {"delete": "delete", "suppress": "suppress"}
DEFAULT_LIMIT = "1%"


@dataclass(frozen=True, slots=True)
class MissingRule:
    """What to do about each person who is missing.

    Args:
        text: as it was written.
        action: what to queue; None only reports.
        attributes: what an ``upsert`` sets.
    """

    text: str
    action: Action | None
    attributes: tuple[tuple[str, JsonValue], ...] = ()

    @property
    def removes(self) -> bool:
        """Whether it removes data."""
        return self.action in ("delete", "suppress")

    def payload(self, record: RecordKind) -> dict[str, JsonValue]:
        """Return what is sent for each; a person who was deleted is not created."""
        if self.action != "upsert":
            return {}
        control: dict[str, JsonValue] = {"_update": True} if record == "person" else {}
        return dict(self.attributes) | control


@dataclass(frozen=True, slots=True)
class MissingLimit:
    """The most people who may be missing: a number, or a share of those known.

    Args:
        text: as it was written.
        most: the number; None if it is a share.
        share: from 0 to 1.
    """

    text: str
    most: int | None
    share: float

    def is_exceeded(self, missing: int, known: int) -> bool:
        """Return whether more are missing than this allows."""
        return missing > (self.share * known if self.most is None else self.most)


def parse_missing(text: str) -> MissingRule:
    """Read ``report``, ``delete``, ``suppress`` or ``set:NAME=VALUE``.

    The value is JSON (a number, ``true``, ``false``, ``null`` or text in quotes), or
    else text as it is.

    Raises:
        UsageError: it is something else.
    """
    if text == "report":
        return MissingRule(text, None)
    if text in _REMOVALS:
        return MissingRule(text, _REMOVALS[text])
    prefix, colon, rest = text.partition(":")
    name, equals, value = rest.partition("=")
    if (prefix, colon, equals) != ("set", ":", "="):
        raise UsageError(f"-missing {text!r}: {_EXPECTED}")
    return MissingRule(text, "upsert", ((_checked_name(name), _value(name, value)),))


def parse_missing_limit(text: str) -> MissingLimit:
    """Read ``N`` or ``P%``.

    Raises:
        UsageError: it is something else.
    """
    return MissingLimit(text, *number_or_share("-max-missing", text))


def problem_of(
    limit: MissingLimit | None,
    *,
    missing: int,
    known: int,
    unreadable: int,
    acts: bool,
) -> str | None:
    """Return why nothing is done about the people who are missing, or None.

    A record without a usable identifier may be of anybody, so nobody is then known to
    be missing.

    Args:
        limit: how many may be missing; None for any number.
        missing: how many are missing.
        known: how many are known.
        unreadable: how many records have no usable identifier.
        acts: whether something would be done about them.
    """
    if not missing:
        return None
    if limit is not None and limit.is_exceeded(missing, known):
        share = f"{100 * missing / known:.3g}%"
        return (
            f"{missing:,} of {known:,} known people ({share}) are not in the data, more"
            f" than -max-missing {limit.text} allows, so nothing was done about them;"
            " all records of the data were processed"
        )
    if acts and unreadable:
        return (
            f"{counted(unreadable, 'record')} of the data have no usable id, so it is"
            f" not certain who is missing, and nothing was done about {missing:,}"
            " people who are not in the data; all other records were processed"
        )
    return None


def _checked_name(name: str) -> str:
    size = len(name.encode(errors="surrogatepass"))
    if not name.strip():
        raise UsageError("-missing set:NAME=VALUE: the name is empty")
    if size > ATTRIBUTE_NAME_LIMIT_BYTES:
        raise UsageError(
            f"-missing set:NAME=VALUE: the name has {size} bytes; Customer.io accepts"
            f" up to {ATTRIBUTE_NAME_LIMIT_BYTES}"
        )
    return name


def _value(name: str, text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text, parse_constant=lambda _: text)
    except (ValueError, RecursionError):
        value = text
    if isinstance(value, dict | list):
        raise UsageError(
            f"-missing set:{name}=VALUE: expected one value, found an object or a list"
        )
    size = len(text.encode(errors="surrogatepass"))
    if size > ATTRIBUTE_VALUE_LIMIT_BYTES:
        raise UsageError(
            f"-missing set:{name}=VALUE: the value has {size:,} bytes; Customer.io"
            f" accepts up to {ATTRIBUTE_VALUE_LIMIT_BYTES:,}"
        )
    is_too_large = isinstance(value, float) and math.isinf(value)
    return text if is_too_large else value
