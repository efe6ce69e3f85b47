"""`dead-letters`: what could not be delivered, and what to do about it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from cio_pipeline.commands.dead_letters.advice import asked_for
from cio_pipeline.commands.dead_letters.report import (
    dead_letters_csv,
    dead_letters_json,
    dead_letters_text,
)
from cio_pipeline.commands.queues import find_queue
from cio_pipeline.console.output import is_agreed, say, width, write
from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.text import counted
from cio_pipeline.store import Selection
from cio_pipeline.store.dead_letter_actions import (
    DeadLetterReport,
    discard,
    open_report,
    requeue,
)


def run(arguments: argparse.Namespace) -> int:
    """List, requeue or discard."""
    actions: dict[str, Callable[[argparse.Namespace, Selection], int]] = {
        "list": _list_dead_letters,
        "requeue": _requeue_dead_letters,
        "discard": _discard_dead_letters,
    }
    return actions[arguments.action](arguments, _selection(arguments))


def _selection(arguments: argparse.Namespace) -> Selection:
    selection = Selection(
        reason=_utf8("-reason", arguments.reason),
        ids=tuple(arguments.id) if arguments.id else None,
        user_id=_utf8("-user", arguments.user),
        run_id=_utf8("-run", arguments.run),
        since=_utc(arguments.since) if arguments.since is not None else None,
    )
    if arguments.action != "list":
        _require_clear_choice(arguments, is_open=selection == Selection())
    return selection


def _require_clear_choice(arguments: argparse.Namespace, *, is_open: bool) -> None:
    action = arguments.action
    for option in ("limit", "format", "output"):
        if getattr(arguments, option) is not None:
            raise UsageError(
                f"-{option} is for list alone; {action} takes all it names"
            )
    if is_open and not arguments.all:
        raise UsageError(
            f"which dead letters to {action}? Name them with -reason, -id,"
            " -user, -run or -since, or say -all"
        )


def _utf8(option: str, text: str | None) -> str | None:
    if text is not None and not text.isprintable():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UsageError(f"{option} {text!a} is no UTF-8") from None
    return text


def _utc(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        # As the report writes times, so that one copied from it means the same.
        utc = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"-since {text!r} is no time; wanted ISO 8601, such as 2026-11-24 or"
            " 2026-11-24T14:30"
        ) from None
    return utc.isoformat(timespec="seconds")


def _list_dead_letters(arguments: argparse.Namespace, selection: Selection) -> int:
    shape = _shape(arguments)
    with open_report(find_queue(arguments), selection, arguments.limit) as report:
        lines = _LISTS[shape](arguments, report)
        write(lines, arguments.output)
    if arguments.output is not None:
        say(f"written to {arguments.output}, for you alone: payloads are personal data")
    return 0


def _shape(arguments: argparse.Namespace) -> str:
    shape = arguments.format or ("json" if arguments.json else "table")
    if arguments.json and shape != "json":
        raise UsageError(f"-json and -format {shape} contradict each other")
    if shape == "html" and arguments.output is None:
        raise UsageError(
            "-format html needs a file: add -output dead-letters.html, and open that in"
            " a browser"
        )
    return str(shape)


def _as_json(_: argparse.Namespace, report: DeadLetterReport) -> Iterable[str]:
    return dead_letters_json(report.letters)


def _as_csv(_: argparse.Namespace, report: DeadLetterReport) -> Iterable[str]:
    return dead_letters_csv(report.letters)


def _as_table(arguments: argparse.Namespace, report: DeadLetterReport) -> Iterable[str]:
    return dead_letters_text(
        report.statistics(),
        report.letters,
        limit=arguments.limit,
        asked=asked_for(arguments),
        width=width(),
    )


def _as_html(arguments: argparse.Namespace, report: DeadLetterReport) -> Iterable[str]:
    # Imported now: only this page needs Jinja2.
    from cio_pipeline.commands.dead_letters.page import dead_letter_page  # noqa: PLC0415  # as just said

    return dead_letter_page(
        report.statistics(),
        report.letters,
        limit=arguments.limit,
        asked=asked_for(arguments),
        now=datetime.now(UTC),
    )


_LISTS: dict[str, Callable[[argparse.Namespace, DeadLetterReport], Iterable[str]]] = {
    "json": _as_json,
    "csv": _as_csv,
    "table": _as_table,
    "html": _as_html,
}


def _requeue_dead_letters(arguments: argparse.Namespace, selection: Selection) -> int:
    folder = find_queue(arguments)
    moved, overtaken = requeue(folder, selection)
    _tell_count(arguments, "requeued", moved)
    if moved:
        say(f"to send what was requeued: {asked_for(arguments).resume}")
    if overtaken:
        say(
            f"warning: of {overtaken:,} of them the user has been synced since. What"
            " was to be sent then will go over that: sync your newest data afterwards"
        )
    _tell_what_stays(folder, selection)
    return 0


def _tell_what_stays(folder: Path, selection: Selection) -> None:
    """Say so where letters were asked for that hold nothing to send."""
    with open_report(folder, selection) as report:
        stays = report.statistics().letters
    if stays:
        say(
            f"{counted(stays, 'dead letter')} with nothing to send: mend the data or"
            " the mappings and sync again, then discard"
        )


def _discard_dead_letters(arguments: argparse.Namespace, selection: Selection) -> int:
    folder = find_queue(arguments)
    with open_report(folder, selection) as report:
        total = report.statistics().letters
        # Only those that were counted: a run may add more before the answer.
        meant = report.selection
    question = f"Drop {counted(total, 'dead letter')}?"
    if total and not arguments.yes and not _confirm(question):
        raise UsageError("nothing was dropped")
    _tell_count(arguments, "discarded", discard(folder, meant))
    return 0


def _confirm(question: str) -> bool:
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("dropping dead letters needs a yes: say -yes")
    return is_agreed(question)


def _tell_count(arguments: argparse.Namespace, word: str, count: int) -> None:
    if arguments.json:
        write([f'{{"{word}": {count}}}'])
    else:
        write([f"{counted(count, 'dead letter')} {word}"])
