"""Suggest what the records of a file are: events, objects, changes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cio_pipeline.core.identifier_forms import is_clear
from cio_pipeline.core.jobs import JsonValue

# Values of one kind of export, in lower case, and their actions.
_OPERATIONS: tuple[dict[str, str], ...] = (
    {"i": "upsert", "u": "upsert", "d": "delete"},  # AWS DMS, Oracle
    {"c": "upsert", "r": "upsert", "u": "upsert", "d": "delete"},  # Debezium
    {"insert": "upsert", "update": "upsert", "delete": "delete"},
    {"create": "upsert", "update": "upsert", "delete": "delete"},
    {"created": "upsert", "updated": "upsert", "deleted": "delete"},
    {"upsert": "upsert", "delete": "delete"},
    {"add": "upsert", "remove": "delete"},
    {"suppress": "suppress", "unsuppress": "unsuppress"},
)
_OPERATION_NAMES = {
    "op",
    "operation",
    "action",
    "changetype",
    "cdcoperation",
    "dmltype",
}
# Columns of Debezium and Fivetran that mark deleted rows.
_DELETED_NAMES = {"__deleted", "_fivetran_deleted"}
_EVENT_NAMES = ("event", "eventname", "eventtype", "activity", "activityname")
_TIME_NAMES = (
    "timestamp", "eventtime", "eventtimestamp", "occurredat", "eventat", "time",
    "originaltimestamp", "sentat", "createdat", "date",
)  # fmt: skip
_EVENT_ID_NAMES = ("eventid", "messageid", "insertid", "id", "uuid")
_PERSON_NAMES = (
    "userid", "customerid", "personid", "contactid", "distinctid", "externalid",
    "email", "emailaddress", "mail", "id",
)  # fmt: skip
_ACCOUNT_NAMES = (
    "accountid", "companyid", "organizationid", "organisationid", "workspaceid",
    "teamid", "groupid",
)  # fmt: skip
_MOST_VALUES = 12
_LETTERS = re.compile(r"[^a-z]")


@dataclass(slots=True)
class SeenValues:
    """The first different values of each key, as text, and which are addresses."""

    records: int = 0
    texts: dict[str, set[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    emails: dict[str, int] = field(default_factory=dict)

    def add(self, record: Mapping[str, JsonValue]) -> None:
        """Add the values of a record."""
        self.records += 1
        for name, value in record.items():
            if isinstance(value, bool):
                value = "true" if value else "false"  # noqa: PLW2901  # as text
            if not isinstance(value, str | int) or value == "":
                continue
            text = str(value)
            self.counts[name] = self.counts.get(name, 0) + 1
            self.emails[name] = self.emails.get(name, 0) + is_clear("email", text)
            texts = self.texts.setdefault(name, set())
            if len(texts) <= _MOST_VALUES:
                texts.add(text)

    def is_email(self, name: str) -> bool:
        """Return whether all values of a key are email addresses."""
        return 0 < self.counts.get(name, 0) == self.emails[name]


@dataclass(slots=True)
class Suggestion:
    """What a file's records probably are.

    Args:
        keys: configuration keys, besides the mappings.
        used: keys of the records that are not attributes.
        notes: a sentence for each thing that was recognised.
    """

    keys: dict[str, JsonValue] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def suggest_records(
    values: SeenValues, user_id: str | None, times: Iterable[str]
) -> Suggestion:
    """Return what the records probably are.

    Args:
        values: the values of the records.
        user_id: the key that has probably the user id, or None.
        times: the keys whose values are times.
    """
    found = _events(values, times) or _accounts(values) or Suggestion()
    if "object" not in found.keys and "userId" not in found.keys:
        found.keys["userId"] = _identifier(values, user_id, found.notes)
    if "event" not in found.keys:
        _note_actions(values, found)
    return found


def _identifier(values: SeenValues, user_id: str | None, notes: list[str]) -> JsonValue:
    if user_id is None:
        user_id = next(filter(values.is_email, values.counts), None)
    if user_id is None:
        return "id"
    if not values.is_email(user_id):
        return user_id
    notes.append(f"People are identified by their email address in {user_id!r}.")
    return {"from": user_id, "kind": "email"}


def _note_actions(values: SeenValues, found: Suggestion) -> None:
    for name, texts in values.texts.items():
        table = _table(name, texts)
        if table is None:
            continue
        found.keys["action"] = {"from": name, "values": table}
        found.used.add(name)
        removed = [repr(text) for text, action in table.items() if action == "delete"]
        found.notes.append(
            f"The key {name!r} has the operation of each record:"
            f" {' and '.join(removed) or 'no value'} deletes. Remove 'action' if not."
        )
        return


def _table(name: str, texts: set[str]) -> dict[str, JsonValue] | None:
    if name in _DELETED_NAMES and {text.lower() for text in texts} <= {"true", "false"}:
        return {text: _deleted(text) for text in sorted(texts | {"true", "false"})}
    if _plain(name) not in _OPERATION_NAMES:
        return None
    for family in _OPERATIONS:
        if {text.lower() for text in texts} <= family.keys():
            known = {_in_case_of(min(texts), text): a for text, a in family.items()}
            return {**known, **{text: family[text.lower()] for text in sorted(texts)}}
    return None


def _deleted(text: str) -> str:
    return "delete" if text.lower() == "true" else "upsert"


def _in_case_of(example: str, text: str) -> str:
    if example.isupper():
        return text.upper()
    return text.title() if example.istitle() else text


def _events(values: SeenValues, times: Iterable[str]) -> Suggestion | None:
    """Return a suggestion if each record has a name, a time and a person."""
    name = _first(values, _EVENT_NAMES)
    time = _first(values, _TIME_NAMES, among=set(times))
    person = _first(values, _PERSON_NAMES)
    if name is None or time is None or person is None:
        return None
    event: dict[str, JsonValue] = {"name": {"from": name}, "timestamp": {"from": time}}
    event_id = _first(values, _EVENT_ID_NAMES)
    if event_id == person:
        event_id = None
    if event_id is not None:
        event["id"] = {"from": event_id}
    note = (
        f"The records look like events: {name!r} has their names, {time!r} their times."
        " If they are people, remove 'kind' and 'event'."
    )
    notes = [note]
    keys: dict[str, JsonValue] = {"kind": "event", "event": event}
    keys["userId"] = _identifier(values, person, notes)
    used = {each for each in (name, time, event_id, person) if each is not None}
    return Suggestion(keys, used, notes)


def _accounts(values: SeenValues) -> Suggestion | None:
    """Return a suggestion if records have the id of an account and of no person."""
    account = _first(values, _ACCOUNT_NAMES)
    if account is None:
        return None
    others = [name for name in _PERSON_NAMES if name != "id"]
    if _first(values, others, is_in_all=False) is not None or any(
        map(values.is_email, values.counts)
    ):
        return None
    note = (
        f"The records look like objects, such as accounts: {account!r} has their ids."
        " Set object.type to the number of the object type in Customer.io. If they are"
        " people, replace 'kind' and 'object' by 'userId'."
    )
    keys: dict[str, JsonValue] = {
        "kind": "object",
        "object": {"type": "1", "id": {"from": account}},
    }
    return Suggestion(keys, {account}, [note])


def _first(
    values: SeenValues,
    names: Iterable[str],
    *,
    among: set[str] | None = None,
    is_in_all: bool = True,
) -> str | None:
    """Return the key with the most usual of some names."""
    plain = {
        _plain(name): name
        for name, count in values.counts.items()
        if (count == values.records or not is_in_all)
        and (among is None or name in among)
    }
    return next((plain[name] for name in names if name in plain), None)


def _plain(name: str) -> str:
    return _LETTERS.sub("", name.lower())
