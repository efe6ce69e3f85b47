"""The dead-letter report as a page for a browser, written as a stream.

The page loads nothing from the network. Its Content-Security-Policy allows only its
own script and style, by their digests. The letters are in it as JSON data, not as
markup; its script draws a hundred at a time.
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
from cio_pipeline.console.formatting import timestamp_text
from cio_pipeline.core.jobs import DeadLetter, JsonValue
from cio_pipeline.core.operations import operation_of
from cio_pipeline.core.text import visible
from cio_pipeline.store import CauseCount, DeadLetterStatistics, ReasonCount

# Browsers can open a page of a few hundred megabytes. The counts are of all letters.
MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class _ReasonGroup:
    """One reason and its shown causes, with their indexes."""

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
    """Return the page, some lines at a time.

    Args:
        statistics: the counts and causes of the letters.
        letters: the rows.
        limit: how many rows to show; None for `MOST_ROWS`.
        asked: the command line, for the commands to type next.
        now: the time that the page shows, in UTC.
    """
    environment = _environment()
    style, script = (
        _asset(environment, f"dead_letters.{end}") for end in ("css", "js")
    )
    shown = min(limit or MOST_ROWS, statistics.letters)
    # This streams only as long as the rows are not in a block or macro.
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
    return _complete_lines(pieces)


def _complete_lines(pieces: Iterable[str]) -> Iterator[str]:
    """Join pieces until one ends a line."""
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
        "timestamp_text": timestamp_text,
        "grouped": "{:,}".format,
    }
    return environment


def _asset(environment: Environment, name: str) -> Markup:
    """Read a file that is put into the page without escaping; it has no user data."""
    assert environment.loader is not None  # noqa: S101  # see `_environment`
    source, _, _ = environment.loader.get_source(environment, name)
    return Markup(source)  # noqa: S704  # our own file


def _policy(style: str, script: str) -> str:
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            "img-src data:",  # an empty icon, so that the browser does not request one
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
    # The payload as text: JSON.parse would round large integers.
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
        operation_of(letter.operation).label,
    ]
