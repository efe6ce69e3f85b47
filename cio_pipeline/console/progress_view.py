"""Draw a run's progress as a few lines. Pure: prints nothing."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.cells import cell_len
from rich.filesize import decimal
from rich.text import Text

from cio_pipeline.console.formatting import fitted, full_seconds
from cio_pipeline.console.stop_reasons import stop_reason
from cio_pipeline.core.progress import Hold, Progress
from cio_pipeline.core.text import counted, visible

_WIDEST = 100
_GAP = "   "
_MOST_HOLD_LINES = 3


def progress_lines(
    progress: Progress, *, now: datetime, width: int, is_ascii: bool = False
) -> list[Text]:
    """Draw a run's progress.

    Args:
        progress: what to draw.
        now: the local time.
        width: terminal columns that may be used.
        is_ascii: whether the terminal supports only ASCII.
    """
    width = max(20, min(width, _WIDEST))
    lines = [_title(progress, width), *_bar(progress, width, is_ascii=is_ascii)]
    for pieces in (_counts(progress), _pulse(progress)):
        lines += _packed(pieces, width)
    return lines + _outlook(progress, now, width)


def progress_line(progress: Progress, now: datetime) -> str:
    """Return a run's progress as one line, for a pipe."""
    pieces = [piece.plain for piece in (*_counts(progress), *_pulse(progress))]
    share = _share(progress)
    done = [] if share is None else [f"{math.floor(100 * share)} %"]
    outlook = _hold_text(progress, now) if progress.hold else _time_left(progress)
    return ", ".join([*done, *pieces, *filter(None, [outlook])])


def _hold_text(progress: Progress, now: datetime) -> str:
    hold = progress.hold
    return _HOLD_TEXTS[hold.kind](hold, progress, now) if hold else ""


# -- the parts, from top to bottom ---------------------------------------------


def _title(progress: Progress, width: int) -> Text:
    elapsed = full_seconds(progress.seconds)
    name = visible(progress.source or "what an earlier run left")
    room = width - len(progress.command) - len(elapsed) - 3
    title = Text.assemble((progress.command, "bold"), " ", fitted(name, room))
    title.append(" " * (width - title.cell_len - len(elapsed)))
    return title.append(elapsed, "dim")


def _share(progress: Progress) -> float | None:
    if progress.total is None:
        return None
    return min(1.0, progress.counts.settled / progress.total) if progress.total else 1.0


def _bar(progress: Progress, width: int, *, is_ascii: bool) -> list[Text]:
    share = _share(progress)
    if share is None:
        return []
    percent = f" {math.floor(100 * share):>3} %"
    cells = width - len(percent)
    full = math.floor(cells * share)
    # The rest has another shape too, because a terminal may show no colours.
    done, rest = ("#", "-") if is_ascii else ("━", "─")
    style = "yellow" if progress.hold else "green"
    return [
        Text.assemble((done * full, style), (rest * (cells - full), "dim"), percent)
    ]


def _counts(progress: Progress) -> list[Text]:
    pieces = []
    if progress.source is not None:
        pieces.append(
            _piece("loaded", f"{progress.counts.records:,}", _of_file(progress))
        )
    sent = f"{progress.counts.synced:,}"
    total = ""
    if progress.total is not None:
        about = "about " if progress.is_loading else ""
        total = f" of {about}{progress.total:,}"
    if progress.kind != "person":
        total += f" {progress.kind}s"
    pieces.append(_piece("sent", sent, total))
    if progress.counts.skipped:
        pieces.append(_piece("unchanged", f"{progress.counts.skipped:,}"))
    return pieces


def _of_file(progress: Progress) -> str:
    if not progress.is_loading:
        return ""
    share = progress.loaded_share
    if share is None or progress.size_bytes is None:
        return f" ({decimal(progress.bytes_read or 0)})"
    return f" ({math.floor(100 * share)} % of {decimal(progress.size_bytes)})"


def _pulse(progress: Progress) -> list[Text]:
    kind = progress.hold.kind if progress.hold else None
    pieces = [_piece("", f"{progress.rate:,.0f}", "/s")]
    # In a pause or an outage, leased jobs wait and are not in flight.
    if kind not in ("throttled", "outage"):
        pieces.append(_piece("", f"{progress.in_flight:,}", " in flight"))
    retries = "yellow" if progress.counts.retries else "bold"
    dead = "red" if progress.counts.dead_lettered else "bold"
    return [
        *pieces,
        _piece("retries", f"{progress.counts.retries:,}", style=retries),
        _piece("dead", f"{progress.counts.dead_lettered:,}", style=dead),
    ]


def _outlook(progress: Progress, now: datetime, width: int) -> list[Text]:
    text = _hold_text(progress, now)
    if not text:
        return [Text(fitted(_time_left(progress), width), "dim")]
    style = "red" if progress.hold and progress.hold.kind == "outage" else "yellow"
    lines = textwrap.wrap(
        text, width, max_lines=_MOST_HOLD_LINES, placeholder=" …", tabsize=1
    )
    return [Text(fitted(line, width), style) for line in lines]


def _time_left(progress: Progress) -> str:
    eta = progress.eta_seconds
    return "" if eta is None else f"about {full_seconds(eta)} left"


def _piece(label: str, number: str, unit: str = "", style: str = "bold") -> Text:
    before = f"{label} " if label else ""
    return Text.assemble((before, "dim"), (number, style), (unit, "dim"))


def _packed(pieces: Sequence[Text], width: int) -> list[Text]:
    """Put pieces side by side, on as few lines as possible."""
    lines: list[Text] = []
    for piece in pieces:
        if lines and cell_len(lines[-1].plain + _GAP + piece.plain) <= width:
            lines[-1].append(_GAP).append_text(piece)
        else:
            piece.truncate(width, overflow="ellipsis")
            lines.append(piece)
    return lines


# -- why nothing moves ----------------------------------------------------------


def _region(_hold: Hold, _progress: Progress, _now: datetime) -> str:
    return "asking Customer.io for the region of the workspace"


def _throttled(hold: Hold, _progress: Progress, _now: datetime) -> str:
    return f"waiting {_until(hold)}: Customer.io asked us to slow down"


def _outage(hold: Hold, _progress: Progress, now: datetime) -> str:
    since = now - timedelta(seconds=hold.since_seconds or 0.0)
    why = f": {visible(hold.problem)}" if hold.problem else ""
    next_try = f"next try in {_until(hold)}" if hold.next_seconds else "trying now"
    return f"Customer.io has not answered since {since:%H:%M}, {next_try}{why}"


def _backoff(hold: Hold, _progress: Progress, _now: datetime) -> str:
    why = f": {visible(hold.problem)}" if hold.problem else ""
    return f"all remaining jobs are backing off; next try in {_until(hold)}{why}"


def _answers(hold: Hold, progress: Progress, _now: datetime) -> str:
    answers = counted(progress.in_flight, "answer")
    return f"waiting for {answers}; none for {full_seconds(hold.since_seconds or 0.0)}"


def _data(hold: Hold, progress: Progress, _now: datetime) -> str:
    name = visible(progress.source or "the data")
    waited = full_seconds(hold.since_seconds or 0)
    return f"waiting for more of {name}; none for {waited}"


def _refusals(_hold: Hold, _progress: Progress, _now: datetime) -> str:
    return "reading what Customer.io refused after it had accepted it"


def _stopping(hold: Hold, progress: Progress, _now: datetime) -> str:
    in_flight = f"{counted(progress.in_flight, 'request')} in flight"
    if hold.problem == "interrupted":
        return f"stopping: {in_flight}; press Ctrl-C again to exit at once"
    why = f"{stop_reason(hold.problem).clause}; " if hold.problem else ""
    return f"stopping: {why}{in_flight}"


def _until(hold: Hold) -> str:
    return full_seconds(math.ceil(hold.next_seconds or 0.0))


_HOLD_TEXTS = {
    "region": _region,
    "throttled": _throttled,
    "outage": _outage,
    "backoff": _backoff,
    "answers": _answers,
    "data": _data,
    "refusals": _refusals,
    "stopping": _stopping,
}
