"""`dead-letters`: list, requeue or discard what could not be delivered."""

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
from cio_pipeline.commands.times import utc_time
from cio_pipeline.console.output import ask_yes_or_no, print_note, width, write
from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.jobs import REFUSED_LATER
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
        since=utc_time(arguments.since) if arguments.since is not None else None,
    )
    if arguments.action != "list":
        _require_clear_choice(arguments, is_open=selection == Selection())
    return selection


def _require_clear_choice(arguments: argparse.Namespace, *, is_open: bool) -> None:
    action = arguments.action
    for option in ("limit", "format", "output"):
        if getattr(arguments, option) is not None:
            raise UsageError(
                f"-{option} is for list only; {action} applies to all that are selected"
            )
    if is_open and not arguments.all:
        raise UsageError(
            f"which dead letters to {action}? Select them with -reason, -id, -user,"
            " -run or -since, or use -all"
        )


def _utf8(option: str, text: str | None) -> str | None:
    if text is not None and not text.isprintable():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UsageError(f"{option} {text!a} is not UTF-8") from None
    return text


def _list_dead_letters(arguments: argparse.Namespace, selection: Selection) -> int:
    make_list = _LISTS[_list_format(arguments)]
    with open_report(find_queue(arguments), selection, arguments.limit) as report:
        lines = make_list(arguments, report)
        write(lines, arguments.output)
    if arguments.output is not None:
        print_note(
            f"written to {arguments.output}, readable only by you, because payloads are"
            " personal data"
        )
    return 0


def _list_format(arguments: argparse.Namespace) -> str:
    name = arguments.format or ("json" if arguments.json else "table")
    if arguments.json and name != "json":
        raise UsageError(f"-json and -format {name} contradict each other")
    if name == "html" and arguments.output is None:
        raise UsageError(
            "-format html needs a file: add -output dead-letters.html, and open that"
            " file in a browser"
        )
    return str(name)


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
    # Imported here, because only this page needs Jinja2.
    from cio_pipeline.commands.dead_letters.page import dead_letter_page  # noqa: PLC0415  # see above

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
    _print_count(arguments, "requeued", moved)
    if moved:
        print_note(f"to send them: {asked_for(arguments).resume}")
    if overtaken:
        print_note(
            f"warning: {overtaken:,} of them have older data of users that were synced"
            " later. It will overwrite the newer data: sync your newest data afterwards"
        )
    _note_kept(folder, selection)
    return 0


def _note_kept(folder: Path, selection: Selection) -> None:
    """Print why letters that were selected are still there."""
    with open_report(folder, selection) as report:
        left = {each.reason: each.letters for each in report.statistics().reasons}
    refused = left.pop(REFUSED_LATER, 0)
    unmappable = sum(left.values())
    if unmappable:
        print_note(
            f"{counted(unmappable, 'dead letter')} not requeued, because the records"
            " could not be mapped: fix the data or the mappings, sync again, then"
            " discard"
        )
    if refused:
        print_note(
            f"{counted(refused, 'dead letter')} not requeued, because Customer.io would"
            " refuse them again: fix the data, sync again, then discard"
        )


def _discard_dead_letters(arguments: argparse.Namespace, selection: Selection) -> int:
    folder = find_queue(arguments)
    with open_report(folder, selection) as report:
        total = report.statistics().letters
        # Only those that were counted: a run may add more before the answer.
        counted_letters = report.selection
    question = f"Discard {counted(total, 'dead letter')}?"
    if total and not arguments.yes and not _confirm(question):
        raise UsageError("nothing was discarded")
    _print_count(arguments, "discarded", discard(folder, counted_letters))
    return 0


def _confirm(question: str) -> bool:
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("to discard without a terminal, add -yes")
    return ask_yes_or_no(question)


def _print_count(arguments: argparse.Namespace, word: str, count: int) -> None:
    if arguments.json:
        write([f'{{"{word}": {count}}}'])
    else:
        write([f"{counted(count, 'dead letter')} {word}"])
