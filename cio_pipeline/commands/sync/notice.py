"""The notice at the end of a run, for `-notify`."""

from __future__ import annotations

import argparse
import socket
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from cio_pipeline.commands.headline import headline
from cio_pipeline.console.formatting import duration
from cio_pipeline.console.output import print_note
from cio_pipeline.core.counts import document_of
from cio_pipeline.core.errors import CioPipelineError, UsageError
from cio_pipeline.core.runs import RunSummary
from cio_pipeline.customerio.http.notice import post_notice
from cio_pipeline.machine import SYSTEM_CLOCK
from cio_pipeline.store.status import read_status


class Ending(NamedTuple):
    """How a run ended: ``status`` and ``reason`` of its result."""

    status: str
    reason: str | None


class RunNotice:
    """Sends a notice when the ``with`` block of a run ends.

    It is sent if the run did not end as the queue's last run did, if it could not
    start, or always. A failed notice is one warning. If the block fails before `begin`,
    nothing is sent, because it is not known which queue it is about.

    Args:
        arguments: the command line; without ``-notify`` nothing is sent.

    Raises:
        UsageError: ``-notify-always`` without ``-notify``.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        if arguments.notify_always and arguments.notify is None:
            raise UsageError("-notify-always needs -notify URL")
        self._url: str | None = arguments.notify
        self._is_always: bool = arguments.notify_always
        self._command: str = arguments.command
        self._subject: str | None = None
        self._last: Ending | None = None
        self._document: dict[str, Any] | None = None

    def begin(self, folder: Path, source: str | None) -> None:
        """Note which queue it is about, and how its last run ended.

        Args:
            folder: the queue's folder.
            source: the data's name, or None.
        """
        if self._url is not None:
            self._subject = subject(self._command, source, socket.gethostname())
            self._last = last_ending(folder)

    def ended(self, summary: RunSummary, exit_code: int) -> None:
        """Note the result of the run."""
        ending = Ending(summary.status, summary.reason)
        if self._is_always or ending != self._last:
            text = result_text(summary, exit_code)
            self._document = self._message(text, document_of(summary))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        error: BaseException | None,
        __: TracebackType | None,
    ) -> None:
        if isinstance(error, CioPipelineError):
            text = f"it failed: {error} (exit code {error.exit_code})"
            self._document = self._message(text, None)
        elif isinstance(error, Exception):
            text = "it ended with an internal error (exit code 70)"
            self._document = self._message(text, None)
        if self._subject is None or self._document is None:
            return
        if self._url is not None:
            send(self._url, self._document)

    def _message(self, text: str, result: dict[str, Any] | None) -> dict[str, Any]:
        return {"text": escaped(f"{self._subject}: {text}"), "result": result}


def last_ending(folder: Path) -> Ending | None:
    """Return how the queue's last run ended; None if there is none to be read."""
    with suppress(CioPipelineError):
        for run in read_status(folder, SYSTEM_CLOCK.utc_now()).runs:
            return Ending(run.status, run.reason)
    return None


def subject(command: str, source: str | None, host: str) -> str:
    """Return what ran where: ``cio-pipeline sync users.json on host``.

    Args:
        command: ``sync`` or ``resume``.
        source: the data's name; of an address, only the file's name is used.
        host: this computer's name.
    """
    name = (source or "").partition("?")[0].rpartition("/")[2]
    return " ".join(filter(None, ["cio-pipeline", command, name, "on", host]))


def result_text(summary: RunSummary, exit_code: int) -> str:
    """Return one line about a run's end, without any data of users."""
    counts = summary.counts
    shown = {
        "synced": counts.synced,
        "unchanged": counts.skipped,
        "dead letters": counts.dead_lettered,
        "refused later": counts.refused_later,
        "pending": counts.pending,
    }
    figures = [f"{n:,} {name}" for name, n in shown.items() if n or name == "synced"]
    facts = ", ".join([*figures, duration(summary.duration_seconds)])
    return f"{headline(summary)} {facts} (exit code {exit_code}, run {summary.run_id})"


def escaped(text: str) -> str:
    """Escape the characters that have a meaning in Slack's messages."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def send(url: str, document: dict[str, Any]) -> None:
    """Send a notice; if that fails, print a warning without the address's secrets."""
    problem = post_notice(url, document)
    if problem is not None:
        parts = urlsplit(url)
        where = f"{parts.scheme}://{parts.netloc}"
        print_note(f"warning: the notice to {where} was not sent: {problem}")
