"""A configuration made from looking at records. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cio_pipeline.core.config import PLACEHOLDERS
from cio_pipeline.core.jobs import JsonValue
from cio_pipeline.core.limits import (
    MOST_MAPPINGS,
    NAME_LIMIT_BYTES,
)

Kind = Literal["text", "number", "integer", "boolean", "time", "null", "object", "list"]

_KINDS: dict[type, Kind] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    dict: "object",
    list: "list",
}
_DEPTH = 3
_ID_NAMES = ("id", "userid", "customerid", "externalid", "uuid", "personid", "email")
_ID_ENDING = re.compile(r"(^|[_.\- ])[iI][dD]$|I[dD]$")
# A leading plus or zero means something: a phone number, a postal code.
_INTEGER = re.compile(r"-?(0|[1-9]\d*)", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9]\d*)\.\d+", re.ASCII)
_TIME_NAME = re.compile(r"(_at|At|date|Date|time|Time|timestamp)$")
_MILLISECONDS = range(1_000_000_000_000, 4_100_000_000_000)  # the years 2001 to 2099
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].+)?", re.ASCII)


@dataclass(slots=True)
class KeyFacts:
    """What is known of one key.

    Args:
        name: the key, or a dotted path into nested objects.
        count: how many records have it.
        kinds: how often its values look like what.
        has_parts: whether its values are objects whose keys are known too.
    """

    name: str
    count: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    has_parts: bool = False

    @property
    def main_kind(self) -> Kind:
        """What nearly all of its values are; text where they differ."""
        kinds = [kind for kind in self.kinds if kind != "null"]
        if len(kinds) == 1:
            return kinds[0]
        if set(kinds) == {"integer", "number"}:
            return "number"
        return "text" if kinds else "null"


class SeenKeys:
    """Looks at records, and remembers what keys they have.

    Args:
        is_text: whether all values are text that may mean something else (CSV).
    """

    def __init__(self, *, is_text: bool) -> None:
        self._is_text = is_text
        self.records = 0
        self.keys: dict[str, KeyFacts] = {}

    def add(self, record: Mapping[str, JsonValue]) -> None:
        """Look at a record."""
        self.records += 1
        self._look(record, "", _DEPTH)

    def configuration(self) -> dict[str, JsonValue]:
        """Write a configuration that maps every key to an attribute of its name."""
        user_id = self.user_id()
        mappings: list[JsonValue] = []
        taken = set(self.keys)  # a_b stays a_b, so a.b beside it keeps its dot
        for facts in self.keys.values():
            if facts.name == user_id or not _is_mappable(facts):
                continue
            plain = facts.name.replace(".", "_")
            target = facts.name if plain in taken else plain
            taken.add(target)
            mappings.append(self._mapping(facts, target))
        return {
            "parallelism": 25,
            "userId": user_id or "id",
            "mappings": mappings,
            **PLACEHOLDERS,
        }

    def user_id(self) -> str | None:
        """Guess the user id's key: the best known name that every record has."""
        usable = [
            facts.name
            for facts in self.keys.values()
            if facts.count == self.records and facts.main_kind in ("text", "integer")
        ]
        ids = (name for name in usable if _ID_ENDING.search(name))
        return _best(usable) or next(ids, None) or _best(self.keys)

    def _look(self, record: Mapping[str, JsonValue], prefix: str, depth: int) -> None:
        for key, value in record.items():
            name = prefix + key
            if name not in self.keys:
                if len(self.keys) >= MOST_MAPPINGS:
                    continue
                self.keys[name] = KeyFacts(name)
            facts = self.keys[name]
            facts.count += 1
            facts.kinds[_kind_of(name, value, is_text=self._is_text)] += 1
            if isinstance(value, dict) and value and depth > 1:
                facts.has_parts = True
                self._look(value, name + ".", depth - 1)

    def _mapping(self, facts: KeyFacts, target: str) -> JsonValue:
        mapping: dict[str, JsonValue] = {"from": facts.name, "to": target}
        kind = facts.main_kind
        if kind == "time" or target == "created_at":
            mapping["type"] = "timestamp"
        elif self._is_text and kind in ("number", "integer", "boolean"):
            mapping["type"] = kind
        return mapping


def _is_mappable(facts: KeyFacts) -> bool:
    """Whether Customer.io takes the name, and mappings of its parts do not say more."""
    size = len(facts.name.encode(errors="surrogatepass"))
    if not 0 < size <= NAME_LIMIT_BYTES:
        return False
    return facts.main_kind != "object" or not facts.has_parts


def _kind_of(name: str, value: JsonValue, *, is_text: bool) -> Kind:
    """Say what a value is; of text, what it looks like."""
    if isinstance(value, str):
        return _kind_of_text(name, value, is_text=is_text)
    kind = _KINDS[type(value)]
    return "time" if kind == "integer" and _is_milliseconds(name, value) else kind


def _is_milliseconds(name: str, value: JsonValue) -> bool:
    """Whether a number is a time, going by its size and its key's name."""
    return value in _MILLISECONDS and _TIME_NAME.search(name) is not None


def _kind_of_text(name: str, text: str, *, is_text: bool) -> Kind:
    if not text:
        return "null"
    if _DATE.fullmatch(text) and _is_time(text):
        return "time"
    if not is_text:
        return "text"
    if _INTEGER.fullmatch(text):
        is_time = len(text) == 13 and _is_milliseconds(name, int(text))
        return "time" if is_time else "integer"
    if _NUMBER.fullmatch(text):
        return "number"
    return "boolean" if text.lower() in ("true", "false") else "text"


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _best(names: Iterable[str]) -> str | None:
    plain = {re.sub(r"[^a-z]", "", name.lower()): name for name in reversed([*names])}
    return next((plain[name] for name in _ID_NAMES if name in plain), None)
