"""A configuration made from looking at records. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cio_pipeline.model import JsonValue

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
_MOST_KEYS = 300  # as many as Customer.io takes attributes
_ID_NAMES = ("id", "userid", "customerid", "externalid", "uuid", "personid", "email")
_INTEGER = re.compile(r"[+-]?(0|[1-9]\d*)", re.ASCII)
_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)\.\d+", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].+)?", re.ASCII)


@dataclass(slots=True)
class KeyFacts:
    """What is known of one key.

    Args:
        name: the key, or a dotted path into nested objects.
        count: how many records have it.
        kinds: how often its values look like what.
    """

    name: str
    count: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)

    @property
    def main_kind(self) -> Kind:
        """What nearly all of its values are; text where they differ."""
        kinds = [kind for kind in self.kinds if kind != "null"]
        if len(kinds) == 1:
            return kinds[0]
        if set(kinds) == {"integer", "number"}:
            return "number"
        return "text" if kinds else "null"


class Survey:
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
        user_id = self._user_id()
        mappings: list[JsonValue] = []
        taken: set[str] = set()
        for facts in self.keys.values():
            if facts.name == user_id or facts.main_kind == "object":
                continue
            target = facts.name.replace(".", "_")
            if target in taken:
                continue
            taken.add(target)
            mappings.append(self._mapping(facts, target))
        return {
            "parallelism": 25,
            "userId": user_id,
            "mappings": mappings,
            "siteId": "YOUR SITE ID",
            "apiKey": "YOUR TRACK API KEY",
        }

    def _look(self, record: Mapping[str, JsonValue], prefix: str, depth: int) -> None:
        for key, value in record.items():
            name = prefix + key
            if name not in self.keys:
                if len(self.keys) >= _MOST_KEYS:
                    continue
                self.keys[name] = KeyFacts(name)
            facts = self.keys[name]
            facts.count += 1
            facts.kinds[kind_of(value, is_text=self._is_text)] += 1
            if isinstance(value, dict) and depth > 1:
                self._look(value, name + ".", depth - 1)

    def _mapping(self, facts: KeyFacts, target: str) -> JsonValue:
        mapping: dict[str, JsonValue] = {"from": facts.name, "to": target}
        kind = facts.main_kind
        if kind == "time" or target == "created_at":
            mapping["type"] = "timestamp"
        elif self._is_text and kind in ("number", "integer", "boolean"):
            mapping["type"] = kind
        return mapping

    def _user_id(self) -> str:
        """Guess: the best known name among keys that every record has."""
        usable = [
            facts.name
            for facts in self.keys.values()
            if facts.count == self.records and facts.main_kind in ("text", "integer")
        ]
        return _best(usable) or _best(self.keys) or "id"


def kind_of(value: JsonValue, *, is_text: bool = False) -> Kind:
    """Say what a value is; of text, what it looks like."""
    if isinstance(value, str):
        return _kind_of_text(value, is_text=is_text)
    return _KINDS[type(value)]


def _kind_of_text(text: str, *, is_text: bool) -> Kind:
    if _DATE.fullmatch(text) and _is_time(text):
        return "time"
    if not is_text:
        return "text"
    if not text:
        return "null"
    if _INTEGER.fullmatch(text):
        return "integer"
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
