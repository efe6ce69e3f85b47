"""Log events as sentences for the terminal: the first few of each kind."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from structlog import DropEvent
from structlog.typing import EventDict, WrappedLogger

from cio_pipeline.console.formatting import duration

_MOST_OF_A_CAUSE = 3
_MOST_OF_A_KIND = 10
# The live display or the summary shows these.
_NOT_PRINTED = {"progress", "stop_requested", "mapped_keys_not_found"}


class EventLines:
    """Renders events, and limits how many similar ones are shown. Thread-safe.

    A thousand dead letters may have three causes. The first few of each cause are
    shown, and only a few more of each kind of event; the summary has the counts.
    Errors are always shown.
    """

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()  # guards _seen

    def __call__(self, _: WrappedLogger, level: str, event: EventDict) -> str:
        """Return an event as a line, or raise `DropEvent` after enough similar ones."""
        is_last = self._count(event) if level == "warning" else False
        if event["event"] in _NOT_PRINTED:
            raise DropEvent
        line = f"{_time(event)} {level}: {_sentence(event)}"
        return line + (" (more like this are counted, not shown)" if is_last else "")

    def _count(self, event: EventDict) -> bool:
        kind = str(event["event"])
        facts = (event.get(name) for name in ("reason", "http_status", "message"))
        cause = " ".join([kind, *map(str, facts)])
        with self._lock:
            if self._seen[kind] >= _MOST_OF_A_KIND:
                raise DropEvent
            if self._seen[cause + " cause"] >= _MOST_OF_A_CAUSE:
                raise DropEvent
            self._seen[kind] += 1
            self._seen[cause + " cause"] += 1
            return (
                self._seen[kind] == _MOST_OF_A_KIND
                or self._seen[cause + " cause"] == _MOST_OF_A_CAUSE
            )


def _time(event: Mapping[str, object]) -> str:
    time = datetime.fromisoformat(str(event["timestamp"]))
    return f"{time.astimezone():%H:%M:%S}"


def _sentence(event: EventDict) -> str:
    make_sentence = _SENTENCES.get(event["event"])
    if make_sentence is not None:
        return make_sentence(event)
    left_out = ("event", "timestamp", "level", "run_id")
    facts = [f"{name}={value}" for name, value in event.items() if name not in left_out]
    return " ".join([str(event["event"]).replace("_", " "), *facts])


def _dead_letter(event: Mapping[str, Any]) -> str:  # an event holds what was logged
    status = "" if event["http_status"] is None else f" ({event['http_status']})"
    what = str(event.get("operation", "user"))
    subject = "object" if what.startswith("object") else "user"
    index = event["record_index"]
    where = "not in the data" if index is None else f"record {index}"
    return (
        f"dead letter: {subject} {event['user_id']}, {where}:"
        f" {event['reason']}{status}: {event['message']}"
    )


def _slowed_down(event: Mapping[str, Any]) -> str:
    return (
        "Customer.io asked us to slow down: pausing for"
        f" {duration(event['pause_seconds'])}, then"
        f" {event['requests_per_second']:,.0f} requests per second"
    )


def _files_differ(event: Mapping[str, Any]) -> str:
    kinds = {"changed": "changed", "gone": "not there", "added": "new"}
    facts = [f"{word}: {event[name]}" for name, word in kinds.items() if event[name]]
    return f"the data files are not those of the stopped run: {'; '.join(facts)}"


def _file_cleaned(event: Mapping[str, Any]) -> str:
    left_out = ("event", "timestamp", "level", "run_id", "source")
    counts = (
        f"{name.replace('_', ' ')}: {count:,}"
        for name, count in event.items()
        if name not in left_out
    )
    return f"{event['source']}: skipped or changed while reading ({', '.join(counts)})"


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "job_dead_lettered": _dead_letter,
    "refused_later": lambda event: (
        f"refused later: user {event['user_id']}: {event['message']}"
    ),
    "slowed_down": _slowed_down,
    "outage_began": lambda event: f"Customer.io is not answering: {event['problem']}",
    "outage_ended": lambda event: (
        f"Customer.io is answering again after {duration(event['down_seconds'])}"
    ),
    "time_lost": lambda event: (
        f"the process did not run for {duration(event['seconds'])} (suspended?)"
    ),
    "data_broken": lambda event: str(event["problem"]),
    "files_differ": _files_differ,
    "file_cleaned": _file_cleaned,
}
