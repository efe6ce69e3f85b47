"""What a sync would do."""

from __future__ import annotations

import json

from cio_pipeline.check import Findings, Found
from cio_pipeline.model import JsonValue
from cio_pipeline.payload_warnings import MEANINGS, PayloadWarning
from cio_pipeline.reports.wording import counted, duration, table, visible
from cio_pipeline.suggestion import Survey

_KEY_COLUMNS = (
    ("key", "left"),
    ("in", "right"),
    ("type", "left"),
)


def check_json(findings: Findings, *, seconds: float, pending: int) -> str:
    """Write the findings as one JSON document."""
    document = {
        "records": findings.records,
        "users": findings.users,
        "invalid_records": findings.invalid_records,
        "requests": findings.requests,
        "estimated_seconds": round(seconds, 1),
        "pending": pending,
        "first_payloads": [payload._asdict() for payload in findings.payloads],
        "invalid": [
            {"message": message, "count": each.count, "first_record": each.first_index}
            for message, each in findings.invalid.items()
        ],
        "warnings": [
            {
                "warning": warning.kind,
                "attribute": warning.attribute,
                "meaning": MEANINGS[warning.kind],
                "count": each.count,
                "first_record": each.first_index,
            }
            for warning, each in findings.warnings.items()
        ],
        "broken": None if findings.broken is None else str(findings.broken),
    }
    return json.dumps(document, indent=2)


def check_text(findings: Findings, *, seconds: float, pending: int) -> str:
    """Say what a sync would do, and what looks wrong.

    Args:
        findings: what was found.
        seconds: how long a sync would take.
        pending: what an earlier run left in the queue.
    """
    lines = [
        (
            f"{counted(findings.records, 'record')} of"
            f" {counted(findings.users, 'user')},"
            f" {counted(findings.requests, 'request')}, about {duration(seconds)}."
        ),
    ]
    if pending:
        left = counted(pending, "job")
        lines.append(f"First, {left} of an earlier run would be sent.")
    if findings.payloads:
        lines += ["", "The first would be sent as"]
        lines += [
            f"  {visible(user_id)}: {visible(json.dumps(sent, ensure_ascii=False))}"
            for user_id, sent in findings.payloads
        ]
    if findings.invalid:
        dead = counted(findings.invalid_records, "record")
        lines += ["", f"{dead} cannot be sent (dead letters):"]
        lines += [_line(message, each) for message, each in findings.invalid.items()]
    if findings.warnings:
        lines += ["", "Legal, and probably wrong:"]
        lines += [_line(_doubt(w), each) for w, each in findings.warnings.items()]
    if findings.broken is None and not findings.invalid and not findings.warnings:
        lines += ["", "Nothing looks wrong."]
    return "\n".join(lines)


def suggestion_text(survey: Survey) -> str:
    """Write the suggested configuration, ready to be edited: a line a mapping."""
    document = survey.configuration()
    mappings = document["mappings"]
    assert isinstance(mappings, list)  # noqa: S101  # the survey made it
    lines = [json.dumps(each, ensure_ascii=False) for each in mappings]
    whole = json.dumps(document | {"mappings": []}, indent=2, ensure_ascii=False)
    if not lines:
        return whole
    return whole.replace("[]", "[\n    " + ",\n    ".join(lines) + "\n  ]", 1)


def survey_text(survey: Survey, width: int) -> str:
    """Say which keys records have, how often, and with what in them."""
    rows = [
        [
            facts.name,
            f"{100 * facts.count / survey.records:.0f} %",
            ", ".join(sorted(facts.kinds)),
        ]
        for facts in survey.keys.values()
    ]
    looked_at = counted(survey.records, "record")
    return f"{looked_at} looked at\n\n" + table(_KEY_COLUMNS, rows, width)


def survey_json(survey: Survey) -> str:
    """Write keys and suggestion as one JSON document."""
    keys: list[JsonValue] = [
        {
            "key": facts.name,
            "records": facts.count,
            "types": {str(k): n for k, n in facts.kinds.items()},
        }
        for facts in survey.keys.values()
    ]
    document = {
        "records": survey.records,
        "keys": keys,
        "configuration": survey.configuration(),
    }
    return json.dumps(document, indent=2)


def _doubt(warning: PayloadWarning) -> str:
    about = f"{warning.attribute}: " if warning.attribute else ""
    return about + MEANINGS[warning.kind]


def _line(text: str, found: Found) -> str:
    where = "" if found.first_index is None else f" (first: record {found.first_index})"
    return f"  {found.count:>9,}  {visible(text)}{where}"
