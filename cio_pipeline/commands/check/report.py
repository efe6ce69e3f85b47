"""The reports of `check`."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from cio_pipeline.commands.check.changes import Changes
from cio_pipeline.commands.check.example import example_lines
from cio_pipeline.commands.check.findings import Findings, Found
from cio_pipeline.commands.check.suggestion import SeenKeys
from cio_pipeline.commands.check.warnings import MEANINGS, PayloadWarning
from cio_pipeline.console.formatting import duration, short_json, table
from cio_pipeline.core.jobs import JsonValue, Payload
from cio_pipeline.core.operations import UPSERT
from cio_pipeline.core.text import counted, did_you_mean, visible

_MOST_SHOWN_OF_A_PAYLOAD = 300
_KEY_COLUMNS = (
    ("key", "left"),
    ("records", "right"),
    ("type", "left"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a sync needs besides the data.

    Args:
        seconds: how long it would take.
        pending: how many jobs an earlier run left in the queue.
        missing_keys: keys of the configuration to fill in before it.
    """

    seconds: float
    pending: int = 0
    missing_keys: tuple[str, ...] = ()


def check_json(findings: Findings, estimate: Estimate) -> str:
    """Return the findings as one JSON document.

    Indexes of records in their file count from 0; null if none is known::

        {"records": int, "users": int,
         "actions": {str: int},          records of each action, such as "upsert"
         "invalid_records": int, "requests": int,
         "estimated_seconds": float, "pending": int,
         "first_payloads": [
             {"user_id": str, "attributes": {str: any JSON},
              "operation": str}],        unless it is "person upsert"
         "example": {"record": {str: any JSON}, "user_id": str,
                     "attributes": {str: any JSON}} | null,
         "invalid": [{"message": str, "count": int, "first_record": int | null,
                      "first_source": str | null}],       its file
         "warnings": [
             {"warning": str, "attribute": str | null, "meaning": str,
              "count": int, "first_record": int | null,
              "first_source": str | null,
              "examples": [[int]],       groups of indexes
              "example_sources": [[str]],
              "values": [str]}],
         "unused_mappings": [{"from": str, "did_you_mean": str | null}],
         "missing_keys": [str],          of the configuration
         "broken": str | null,           why the file could not be read to its end
         "attributes": [{...}],          as in `AttributeFacts`
         "changes": null | {...}}        as in `Changes`, with -changed-only

    Args: as for `check_text`.
    """
    document = {
        "records": findings.records,
        "users": findings.users,
        "actions": findings.actions,
        "invalid_records": findings.invalid_records,
        "requests": findings.requests,
        "estimated_seconds": round(estimate.seconds, 1),
        "pending": estimate.pending,
        "first_payloads": [_payload_json(payload) for payload in findings.payloads],
        "example": None
        if findings.example is None
        else {
            "record": findings.example.record,
            **_payload_json(findings.example.payload),
        },
        "invalid": [
            {"message": message, "count": each.count, **_place(each, findings)}
            for message, each in findings.invalid.items()
        ],
        "warnings": [
            {
                "warning": warning.kind,
                "attribute": warning.attribute,
                "meaning": MEANINGS[warning.kind],
                "count": each.count,
                **_place(each, findings),
                "examples": _examples(each, findings, 1),
                "example_sources": _examples(each, findings, 0),
                "values": each.values,
            }
            for warning, each in findings.warnings.items()
        ],
        "unused_mappings": [
            {"from": key, "did_you_mean": near} for key, near in findings.unused.items()
        ],
        "missing_keys": list(estimate.missing_keys),
        "broken": None if findings.broken is None else str(findings.broken),
        "attributes": [asdict(each) for each in findings.attributes],
        "changes": None if findings.changes is None else asdict(findings.changes),
    }
    return json.dumps(document, indent=2)


def check_text(findings: Findings, estimate: Estimate) -> str:
    """Return what a sync would do, and what looks wrong.

    Args:
        findings: what was found.
        estimate: what a sync needs besides.
    """
    lines = _headline(findings, estimate)
    lines += _payload_lines(findings)
    if findings.invalid:
        dead = counted(findings.invalid_records, "record")
        lines += ["", f"{dead} cannot be sent (dead letters):"]
        lines += [
            _line(message, each, findings) for message, each in findings.invalid.items()
        ]
    if findings.warnings:
        lines += ["", "Warnings (Customer.io accepts these; they are probably wrong):"]
        for warning, each in findings.warnings.items():
            lines += [_line(_meaning(warning), each, findings), *_values(each)]
    if findings.unused:
        lines += ["", "Mapped keys that no record has:"]
        lines += [_unused(key, near) for key, near in findings.unused.items()]
    if estimate.missing_keys:
        names = " and ".join(estimate.missing_keys)
        lines += ["", f"Before a sync, fill in {names} in the configuration."]
    if is_fine(findings):
        lines += ["", "No problems found."]
    return "\n".join(lines)


def _payload_lines(findings: Findings) -> list[str]:
    lines: list[str] = []
    if findings.payloads:
        lines += ["", "The first payloads:"]
        lines += [
            f"  {visible(each.user_id)}: {_shown(each)}" for each in findings.payloads
        ]
    if findings.example:
        changed = example_lines(findings.example, findings.mappings)
        if changed:
            lines += ["", "Values of the first of them, before and after:", *changed]
    return lines


def _headline(findings: Findings, estimate: Estimate) -> list[str]:
    figures = (
        f"{counted(findings.records, 'record')} of"
        f" {counted(findings.users, _subject(findings))},"
        f" {counted(findings.requests, 'request')}, about {duration(estimate.seconds)}."
    )
    lines = [figures]
    if findings.changes is not None:
        lines.append(changes_text(findings.changes))
    if estimate.pending:
        left = counted(estimate.pending, "job")
        lines.append(f"Before that, {left} of an earlier run would be sent.")
    if findings.actions.keys() - {"upsert", "track"}:
        actions = (f"{name} {n:,}" for name, n in findings.actions.items())
        lines.append(f"What they ask for: {', '.join(actions)}.")
    return lines


def configuration_json(missing_keys: Sequence[str]) -> str:
    """Return as JSON that a configuration is valid, and which keys it still needs.

    ``{"valid": true, "missing_keys": [str]}``
    """
    return json.dumps({"valid": True, "missing_keys": list(missing_keys)})


def configuration_text(missing_keys: Sequence[str]) -> str:
    """Return that a configuration is valid, and which keys it still needs."""
    if not missing_keys:
        return "The configuration is valid."
    names = " and ".join(missing_keys)
    return f"The configuration is valid. Before a sync, fill in {names}."


def suggestion_text(seen: SeenKeys) -> str:
    """Return the suggested configuration, with one line for each mapping."""
    document = seen.configuration()
    mappings = document["mappings"]
    assert isinstance(mappings, list)  # noqa: S101  # it was just made
    lines = [json.dumps(each, ensure_ascii=False) for each in mappings]
    text = json.dumps(document | {"mappings": []}, indent=2, ensure_ascii=False)
    if not lines:
        return text
    return text.replace("[]", "[\n    " + ",\n    ".join(lines) + "\n  ]", 1)


def keys_text(seen: SeenKeys, width: int) -> str:
    """Return a table of the keys, how many records have each, and their types."""
    rows = [
        [key.name, _share(key.count, seen.records), ", ".join(sorted(key.kinds))]
        for key in seen.keys.values()
    ]
    records = counted(seen.records, "record")
    keys = table(_KEY_COLUMNS, rows, width)
    notes = textwrap.wrap(" ".join(_notes(seen)), width)
    return "\n".join([f"Keys of the first {records}:\n\n{keys}\n", *notes, ""])


def _notes(seen: SeenKeys) -> list[str]:
    """Return what the keys say about the records, in sentences."""
    found = seen.records_kind()
    user_id = found.keys.get("userId")
    if not isinstance(user_id, str):  # a note says what identifies them
        return found.notes
    if seen.user_id() is None:
        return ["No key looks like a user id: set userId.", *found.notes]
    return [f"The user id is probably {user_id!r}: check userId.", *found.notes]


def _share(count: int, records: int) -> str:
    """Return the share of records, rounded down: never 100 % for nearly all."""
    percent = 100 * count // records
    return f"{percent} %" if percent else "< 1 %"


def keys_json(seen: SeenKeys) -> str:
    """Return the keys of the records, and a suggestion, as one JSON document.

    They are made from the first records of the data::

    {"records": int,                 how many were read
     "keys": [{"key": str,
               "records": int,       how many have it
               "types": {str: int}}],   how many values of each type
     "user_id": str | null,          the key that probably has the user id
     "notes": [str],                 what the records look like, besides people
     "configuration": {...}}         as in a configuration file
    """
    keys: list[JsonValue] = [
        {
            "key": facts.name,
            "records": facts.count,
            "types": {str(k): n for k, n in facts.kinds.items()},
        }
        for facts in seen.keys.values()
    ]
    document = {
        "records": seen.records,
        "keys": keys,
        "user_id": seen.user_id(),
        "notes": list[JsonValue](seen.records_kind().notes),
        "configuration": seen.configuration(),
    }
    return json.dumps(document, indent=2)


def _subject(findings: Findings) -> str:
    """Return what the records are about."""
    is_object = findings.payloads and findings.payloads[0].operation.record == "object"
    return "object" if is_object else "user"


def changes_text(changes: Changes) -> str:
    """Return how many records a ``-changed-only`` run would send."""
    return (
        f"Compared with what was delivered: {changes.new:,} new,"
        f" {changes.changed:,} changed, {changes.unchanged:,} unchanged;"
        f" {counted(changes.missing, 'delivered user')} not in the file."
    )


def is_fine(findings: Findings) -> bool:
    """Return whether nothing looks wrong."""
    problems = (findings.broken, findings.invalid, findings.warnings, findings.unused)
    return not any(problems)


def _unused(key: str, near: str | None) -> str:
    hint = "" if near is None else f" ({did_you_mean(near, key)})"
    return visible(f"  {key!r}{hint}")


def _meaning(warning: PayloadWarning) -> str:
    about = f"{warning.attribute}: " if warning.attribute else ""
    return about + MEANINGS[warning.kind]


def _payload_json(payload: Payload) -> dict[str, JsonValue]:
    document: dict[str, JsonValue] = {
        "user_id": payload.user_id,
        "attributes": payload.attributes,
    }
    if payload.operation != UPSERT:
        document["operation"] = payload.operation.code
    return document


def _shown(payload: Payload) -> str:
    sent = short_json(payload.attributes, _MOST_SHOWN_OF_A_PAYLOAD)
    label = payload.operation.label
    if payload.operation.action in ("upsert", "track"):
        return f"{label} {sent}".strip()
    return label


def _line(text: str, found: Found, findings: Findings) -> str:
    where = "" if found.first_index is None else f" (first: {_first(found, findings)})"
    return f"  {found.count:>9,}  {visible(text)}{visible(where)}"


def _values(found: Found) -> list[str]:
    values = (f'"{each}"' for each in found.values)
    return (
        [visible(f"             such as {', '.join(values)}")] if found.values else []
    )


def _first(found: Found, findings: Findings) -> str:
    if found.examples and len(found.examples[0]) > 1:
        *others, last = (record_text(each, findings) for each in found.examples[0])
        return f"records {', '.join(others)} and {last}"
    assert found.first_index is not None  # noqa: S101  # the caller has looked
    return f"record {record_text(found.first_index, findings)}"


def record_text(position: int, findings: Findings) -> str:
    """Return a record's index, with its file if there are several."""
    name, index = findings.files.place_of(position)
    return f"{index} of {name}" if findings.files.are_several else str(index)


def _place(found: Found, findings: Findings) -> dict[str, JsonValue]:
    name, index = None, None
    if found.first_index is not None:
        name, index = findings.files.place_of(found.first_index)
    return {"first_record": index, "first_source": name}


def _examples(found: Found, findings: Findings, part: int) -> list[list[str | int]]:
    place_of = findings.files.place_of
    return [[place_of(each)[part] for each in group] for group in found.examples]
