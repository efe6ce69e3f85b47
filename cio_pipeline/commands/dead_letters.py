"""`dead-letters`: what could not be delivered, and what to do about it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from cio_pipeline import reports
from cio_pipeline.admin import discard, open_report, requeue
from cio_pipeline.commands.common import open_folder, width, write
from cio_pipeline.errors import UsageError
from cio_pipeline.store import Selection


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
        reason=arguments.reason,
        ids=tuple(arguments.id) if arguments.id else None,
        user_id=arguments.user,
        run_id=arguments.run,
        since=_utc(arguments.since) if arguments.since else None,
    )
    is_open = selection == Selection()
    if arguments.action != "list" and is_open and not arguments.all:
        raise UsageError(
            f"which dead letters to {arguments.action}? Name them with -reason, -id,"
            " -user, -run or -since, or say -all"
        )
    return selection


def _utc(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"-since {text!r} is no time; wanted ISO 8601, such as 2026-11-24 or"
            " 2026-11-24T14:30"
        ) from None
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _list_dead_letters(arguments: argparse.Namespace, selection: Selection) -> int:
    with open_report(open_folder(arguments), selection, arguments.limit) as report:
        if arguments.json or arguments.format == "json":
            lines: Iterable[str] = reports.dead_letters_json(report.letters)
        elif arguments.format == "csv":
            lines = reports.dead_letters_csv(report.letters)
        else:
            lines = reports.dead_letters_text(
                report.causes, report.letters, total=report.total, width=width()
            )
        write(lines, arguments.output)
    return 0


def _requeue_dead_letters(arguments: argparse.Namespace, selection: Selection) -> int:
    moved = requeue(open_folder(arguments), selection)
    _tell_count(arguments, "requeued", moved)
    return 0


def _discard_dead_letters(arguments: argparse.Namespace, selection: Selection) -> int:
    folder = open_folder(arguments)
    with open_report(folder, selection, None) as report:
        total = report.total
    if total and not arguments.yes and not _confirm(f"Drop {total} dead letters?"):
        raise UsageError("nothing was dropped")
    _tell_count(arguments, "discarded", discard(folder, selection))
    return 0


def _confirm(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("dropping dead letters needs a yes: say -yes")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201  # a dialogue
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _tell_count(arguments: argparse.Namespace, word: str, count: int) -> None:
    if arguments.json:
        write([f'{{"{word}": {count}}}'])
    else:
        write([f"{count} dead letter{'' if count == 1 else 's'} {word}"])
