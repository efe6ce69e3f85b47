"""What a sync would do, as a page for a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cio_pipeline.commands.check.attributes import AttributeFacts, FrequentValue
from cio_pipeline.commands.check.changes import Changes
from cio_pipeline.commands.check.findings import Findings, Found
from cio_pipeline.commands.check.histograms import HistogramBar
from cio_pipeline.commands.check.remedies import REMEDIES
from cio_pipeline.commands.check.report import Estimate, is_fine, record_text
from cio_pipeline.commands.check.warnings import MEANINGS, PayloadWarning
from cio_pipeline.console.formatting import duration
from cio_pipeline.console.pages.page import Page
from cio_pipeline.console.pages.plots import (
    Panel,
    Plot,
    bar,
    number,
    number_axis,
    time_axis,
    time_text,
    value_axis,
)
from cio_pipeline.core.jobs import JsonValue, Payload
from cio_pipeline.core.text import counted, did_you_mean, shortened, visible

_MOST_SHOWN_OF_A_PAYLOAD = 4_000
_MOST_SHOWN_OF_A_VALUE = 80
_SHOWN_SHARE = 100  # a value that one in so many records has is frequent


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something to look at before a sync.

    Args:
        heading: what it is about.
        count: how often it occurs; None if that does not matter.
        about: what it means, and what to do.
        examples: values or records.
    """

    heading: str
    count: int | None
    about: str
    examples: tuple[str, ...] = ()


def check_page(
    findings: Findings, estimate: Estimate, *, name: str, now: datetime
) -> Iterator[str]:
    """Return the page, some lines at a time.

    Args:
        findings: what was found, with its attributes.
        estimate: what a sync needs besides.
        name: the data file.
        now: the time that the page shows, in UTC.
    """
    sent = findings.records - findings.invalid_records
    return Page("cio_pipeline.commands.check", "check").render(
        name=name,
        now=f"{now:%Y-%m-%d %H:%M}",
        findings=findings,
        figures=_figures(findings, estimate),
        pending=estimate.pending,
        problems=[*_problems(findings, estimate)],
        is_fine=is_fine(findings) and not estimate.missing_keys,
        payloads=[_payload(each) for each in findings.payloads],
        changes=findings.changes,
        examples=_change_examples(findings.changes),
        attributes=[_Attribute(each, sent) for each in findings.attributes],
        whom="people" if findings.users == sent else "records",
    )


def _figures(findings: Findings, estimate: Estimate) -> list[tuple[str, str]]:
    figures = [("People", f"{findings.users:,}")]
    if findings.records != findings.users:
        figures.append(("Records", f"{findings.records:,}"))
    if findings.changes is not None:
        figures += [
            ("New", f"{findings.changes.new:,}"),
            ("Changed", f"{findings.changes.changed:,}"),
            ("Unchanged", f"{findings.changes.unchanged:,}"),
            ("Not in the file", f"{findings.changes.missing:,}"),
        ]
    figures.append(("Requests", f"{findings.requests:,}"))
    figures.append(("Time, about", duration(estimate.seconds)))
    if findings.invalid:
        figures.append(("Cannot be sent", f"{findings.invalid_records:,}"))
    return figures


# -- problems -------------------------------------------------------------------


def _problems(findings: Findings, estimate: Estimate) -> Iterator[Problem]:
    if findings.broken is not None:
        about = f"{findings.broken}. The records before that point are in this report."
        yield Problem(heading="The file is broken", count=None, about=about)
    if estimate.missing_keys:
        names = " and ".join(estimate.missing_keys)
        about = f"Before a sync, fill in {names} in the configuration."
        yield Problem(heading="Keys are missing", count=None, about=about)
    for message, found in findings.invalid.items():
        yield Problem(
            heading="Cannot be sent",
            count=found.count,
            about=f"{message}. Correct the data or the mappings; as they are, these"
            " records become dead letters.",
            examples=_where(found, findings),
        )
    for key, near in findings.unused.items():
        hint = "" if near is None else f" {did_you_mean(near, key).capitalize()}"
        about = f"No record has the mapped key {key!r}.{hint}"
        yield Problem(heading="Nothing to map", count=None, about=about)
    for warning, found in findings.warnings.items():
        yield _problem(warning, found, findings)


def _problem(warning: PayloadWarning, found: Found, findings: Findings) -> Problem:
    meaning = MEANINGS[warning.kind]
    about = f"{meaning[:1].upper()}{meaning[1:]}"
    remedy = REMEDIES.get(warning.kind, "")
    return Problem(
        heading=warning.attribute or warning.kind.replace("_", " "),
        count=found.count,
        about=f"{about}{'' if about.endswith('?') else '.'} {remedy}".strip(),
        examples=(*(f"“{each}”" for each in found.values), *_where(found, findings)),
    )


def _where(found: Found, findings: Findings) -> tuple[str, ...]:
    if found.examples:
        return tuple(
            f"records {', '.join(record_text(each, findings) for each in group)}"
            for group in found.examples
        )
    if found.first_index is None:
        return ()
    return (f"first: record {record_text(found.first_index, findings)}",)


# -- payloads -------------------------------------------------------------------


def _payload(payload: Payload) -> tuple[str, str]:
    return payload.user_id, _pretty(payload.attributes)


def _pretty(value: JsonValue) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    lines = shortened(text, _MOST_SHOWN_OF_A_PAYLOAD).split("\n")
    return "\n".join(map(visible, lines))


def _change_examples(changes: Changes | None) -> list[tuple[str, str, str]]:
    return [
        (each["change"], each["user_id"], _pretty(each["attributes"]))
        for each in (changes.examples if changes else ())
    ]


# -- attributes -----------------------------------------------------------------


class _Attribute:
    """One attribute, as it is shown.

    Args:
        facts: what is known about it.
        sent: how many payloads there are.
    """

    def __init__(self, facts: AttributeFacts, sent: int) -> None:
        self.name = facts.name
        self.has_value = facts.records - facts.nulls
        self.share = _share(self.has_value, sent)
        self.width = round(100 * self.has_value / max(1, sent), 1)
        self.facts = [*_facts(facts, sent)]
        self.frequent = [
            (_value(each, facts), each["records"], 100 * each["records"] / sent)
            for each in facts.frequent
            if each["records"] * _SHOWN_SHARE >= sent
        ]
        self.is_estimate = facts.frequent_error > 0
        self.plot = _histogram_plot(facts) if len(facts.histogram) > 1 else None


def _share(part: int, total: int) -> str:
    """Return a percentage that is 0 or 100 only if it is exactly that."""
    if part in (0, total):
        return "100 %" if part else "0 %"
    return f"{min(99.9, max(0.1, 100 * part / total)):.1f} %"


def _facts(facts: AttributeFacts, sent: int) -> Iterator[tuple[str, str]]:
    kinds = {kind: n for kind, n in facts.types.items() if kind != "null"}
    only = len(kinds) == 1
    names = (kind if only else f"{kind} ({n:,})" for kind, n in kinds.items())
    yield "Types", ", ".join(names) or "none"
    about = "" if facts.distinct_is_exact else "about "
    yield "Different values", f"{about}{facts.distinct:,}"
    if facts.nulls:
        yield "Null, which removes it", f"{facts.nulls:,}"
    if facts.records < sent:
        yield "Missing, so not changed", f"{sent - facts.records:,}"
    if facts.longest is not None:
        longest = facts.longest
        length = counted(longest["characters"], "character")
        yield "Longest text", f"{length}, record {longest['record']}"
    if facts.over_limit:
        yield "Over Customer.io's limit", f"{facts.over_limit:,}"
    if facts.lowest is not None and facts.highest is not None:
        name = time_text if facts.is_time else number
        yield ("First" if facts.is_time else "Lowest"), name(facts.lowest)
        yield "Median", name(facts.median or 0.0)
        yield ("Last" if facts.is_time else "Highest"), name(facts.highest)


def _value(frequent: FrequentValue, facts: AttributeFacts) -> str:
    value = frequent["value"]
    if facts.is_time and isinstance(value, int | float):
        return time_text(value)
    if isinstance(value, str):
        return value if value.strip() else f"“{value}”"
    return shortened(json.dumps(value, ensure_ascii=False), _MOST_SHOWN_OF_A_VALUE)


def _histogram_plot(facts: AttributeFacts) -> Plot:
    inner = [each for each in facts.histogram if None not in (each["from"], each["to"])]
    low, high = inner[0]["from"] or 0.0, inner[-1]["to"] or 0.0
    axis = time_axis(low, high - low) if facts.is_time else number_axis(low, high)
    height = value_axis(max(each["records"] for each in inner))
    about = "" if facts.histogram_is_exact else ", estimated from a sample"
    return Plot(
        about=f"How many records have which {facts.name}{about}",
        unit="time, UTC" if facts.is_time else shortened(facts.name, 40),
        ticks=axis.ticks,
        panels=(
            Panel(
                heading="Records",
                unit=about.removeprefix(", "),
                ticks=height.ticks,
                bars=tuple(
                    bar(
                        axis,
                        height,
                        (each["from"] or 0.0, each["to"] or 0.0),
                        each["records"],
                        f"{_span(each, facts)}: {each['records']:,}",
                    )
                    for each in inner
                ),
            ),
        ),
        headings=("from, to", "records"),
        rows=[(_span(each, facts), f"{each['records']:,}") for each in facts.histogram],
    )


def _span(each: HistogramBar, facts: AttributeFacts) -> str:
    text = time_text if facts.is_time else number
    start, end = each["from"], each["to"]
    if start is None:
        return f"below {text(end or 0.0)}"
    return f"from {text(start)}" if end is None else f"{text(start)} to {text(end)}"
