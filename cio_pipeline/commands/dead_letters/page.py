"""The dead-letter report as one page for a browser, written as a stream.

The page asks the network for nothing, and its Content-Security-Policy lets it
run its own script and style only, known by their digests. The letters are data
in it, not markup: its script draws a hundred of them at a time.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cio_pipeline.commands.dead_letters.advice import Asked, advice_on
from cio_pipeline.commands.dead_letters.timeline import draw_timeline
from cio_pipeline.console.formatting import moment
from cio_pipeline.core.jobs import DeadLetter, JsonValue
from cio_pipeline.core.text import visible
from cio_pipeline.store import CauseCount, DeadLetterStatistics, ReasonCount

# Browsers take a page of a few hundred megabytes; the figures count all letters.
MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class _ReasonGroup:
    """One reason, and those of its causes that are shown, with their numbers."""

    counted: ReasonCount
    causes: tuple[tuple[int, CauseCount], ...]

    @property
    def rarer_causes(self) -> int:
        return self.counted.causes - len(self.causes)

    @property
    def rarer_letters(self) -> int:
        return self.counted.letters - sum(cause.letters for _, cause in self.causes)


def dead_letter_page(
    statistics: DeadLetterStatistics,
    letters: Iterable[DeadLetter],
    *,
    limit: int | None,
    asked: Asked,
    now: datetime,
) -> Iterator[str]:
    """Write the page, some lines at a time.

    Args:
        statistics: what the letters have in common.
        letters: the rows.
        limit: how many rows are wanted; None for as many as a browser takes.
        asked: how it was asked for, for the commands to type next.
        now: the time, in UTC, that the page bears.
    """
    environment = _environment()
    style, script = (
        _asset(environment, f"dead_letters.{end}") for end in ("css", "js")
    )
    shown = min(limit or MOST_ROWS, statistics.letters)
    # Streamed as long as the template makes no block or macro of the rows.
    pieces = environment.get_template("dead_letters.html").generate(
        statistics=statistics,
        groups=_by_reason(statistics),
        most_letters=max((cause.letters for cause in statistics.causes), default=1),
        chart=draw_timeline(statistics.timeline),
        rows=map(_row, islice(letters, shown)),
        shown=shown,
        asked=asked,
        advice_on=advice_on,
        now=f"{now:%Y-%m-%d %H:%M}",
        style=style,
        script=script,
        policy=_policy(style, script),
    )
    return _whole_lines(pieces)


def _whole_lines(pieces: Iterable[str]) -> Iterator[str]:
    """Join pieces up to where one ends a line."""
    line: list[str] = []
    for piece in pieces:
        line.append(piece)
        if piece.endswith("\n"):
            yield "".join(line)
            line.clear()
    yield "".join(line)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cio_pipeline.commands.dead_letters"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "visible": visible,
        "moment": moment,
        "grouped": "{:,}".format,
    }
    return environment


def _asset(environment: Environment, name: str) -> Markup:
    """Read a file that is put into the page as it is: ours, with nothing in it."""
    assert environment.loader is not None  # noqa: S101  # given above
    source, _, _ = environment.loader.get_source(environment, name)
    return Markup(source)  # noqa: S704  # as just said


def _policy(style: str, script: str) -> str:
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            "img-src data:",  # the empty icon, so that no server is asked for one
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _by_reason(statistics: DeadLetterStatistics) -> list[_ReasonGroup]:
    numbered = list(enumerate(statistics.causes))
    return [
        _ReasonGroup(
            counted=each,
            causes=tuple(pair for pair in numbered if pair[1].reason == each.reason),
        )
        for each in statistics.reasons
    ]


def _row(letter: DeadLetter) -> list[JsonValue]:
    # The payload as text: a browser would read its large integers inexactly.
    return [
        letter.id,
        letter.user_id,
        letter.record_index,
        letter.source,
        letter.reason,
        letter.http_status,
        letter.message,
        letter.attempts,
        letter.failed_at,
        letter.run_id,
        json.dumps(letter.payload, ensure_ascii=False),
    ]
