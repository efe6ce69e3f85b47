"""What an answer means (`judge`), and what is done about it (`decide`).

Pure: the time and the random draw are handed in. The rules are those of
Customer.io's API and its official clients (docs/decisions/0003-retries.md).
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from cio_pipeline.errors import KeysRejected, StopRun
from cio_pipeline.model import (
    NOT_FOUND,
    REJECTED,
    RETRIES_EXHAUSTED,
    TOO_LARGE,
    Ack,
    Halt,
    Job,
    JsonValue,
    Nack,
    NoReply,
    Outcome,
    Rejected,
    Reply,
    Retryable,
    Settlement,
    Synced,
    ToDeadLetters,
)

BACKOFF_BASE_SECONDS = 0.5
BACKOFF_CAP_SECONDS = 60.0
# A server that asks for more is not waited for anyway, and an event takes no more
# than 292 years.
LONGEST_WAIT_SECONDS = 31_536_000.0
MESSAGE_LIMIT = 500

_RETRYABLE_4XX = frozenset({408, 425, 429})
_FINAL_5XX = frozenset({501, 505})
_REASON_OF_STATUS = {404: NOT_FOUND, 413: TOO_LARGE}
_SYNCED = Synced()
_ACK = Ack()


def judge(reply: Reply | NoReply, now: datetime) -> Outcome:
    """Say what came back for one attempt means.

    Args:
        reply: the answer, or why there was none.
        now: the time it came, in UTC; a ``Retry-After`` date counts from it.
    """
    if isinstance(reply, NoReply):
        return _judge_no_reply(reply)
    if 200 <= reply.status < 300:
        return _SYNCED
    message = error_message(reply.status, reply.body)
    if reply.status in (401, 403):
        return Halt("keys_rejected", message)
    if 300 <= reply.status < 400:
        return Halt("redirected", f"redirected to {reply.location or 'nowhere'}")
    return _judge_error(reply, message, now)


def _judge_no_reply(reply: NoReply) -> Outcome:
    if reply.is_untrusted:
        return Halt("untrusted_certificate", reply.problem)
    return Retryable(kind="no_reply", message=reply.problem)


def _judge_error(reply: Reply, message: str, now: datetime) -> Outcome:
    wait = retry_after_seconds(reply.retry_after, now)
    if wait is None and not _is_retryable(reply.status):
        reason = _REASON_OF_STATUS.get(reply.status, REJECTED)
        return Rejected(reason, reply.status, message)
    return Retryable(
        kind="throttled" if reply.status == 429 else "server",
        at_least_seconds=wait or 0.0,
        http_status=reply.status,
        message=message,
    )


def _is_retryable(status: int) -> bool:
    if status >= 500:
        return status not in _FINAL_5XX
    return status in _RETRYABLE_4XX


def decide(
    outcome: Synced | Retryable | Rejected,
    job: Job,
    *,
    api_is_up: bool,
    max_attempts: int,
    draw: float,
) -> Settlement:
    """Say what is done with a job after an attempt.

    Only an answer can be a strike, and only a 5xx or its like while the API is
    otherwise alive: silence and 429 say nothing about this one job.

    Args:
        outcome: what the attempt came to.
        job: the job as it was leased, before this attempt is counted.
        api_is_up: whether the API is answering others.
        max_attempts: strikes that make a dead letter.
        draw: a random number in [0, 1), for the jitter.
    """
    if isinstance(outcome, Synced):
        return _ACK
    if isinstance(outcome, Rejected):
        return ToDeadLetters(outcome.reason, outcome.http_status, outcome.message)
    is_strike = outcome.kind == "server" and api_is_up
    if is_strike and job.strikes + 1 >= max_attempts:
        return ToDeadLetters(RETRIES_EXHAUSTED, outcome.http_status, outcome.message)
    wait = max(outcome.at_least_seconds, backoff_seconds(job.attempts, draw))
    return Nack(wait, is_strike=is_strike)


def stop_run(halt: Halt) -> StopRun:
    """Make the error that ends a run of a halt."""
    if halt.reason == "keys_rejected":
        return KeysRejected(
            f"Customer.io rejected the keys ({halt.message}). Check siteId, apiKey and"
            " region in the configuration: the two may be exchanged, of another"
            " workspace, or App API keys. The work is kept; run again to go on"
        )
    if halt.reason == "redirected":
        return StopRun(
            f"the API's address was {halt.message}, where the keys may not go."
            " Check trackUrl in the configuration; the work is kept",
            reason="redirected",
        )
    return StopRun(
        f"Customer.io could not be trusted: {halt.message}. Behind a proxy with a"
        " certificate of its own, name its CA in REQUESTS_CA_BUNDLE; the work is kept",
        reason=halt.reason,
    )


def backoff_seconds(attempts: int, draw: float) -> float:
    """Full jitter: anywhere between nothing and a ceiling that doubles.

    Args:
        attempts: attempts made before the one that failed, from 0.
        draw: a random number in [0, 1).
    """
    # Past 2 ** 7 the cap holds anyway, and 2.0 ** 1024 would overflow.
    ceiling = BACKOFF_BASE_SECONDS * 2.0 ** min(attempts, 7)
    return draw * min(BACKOFF_CAP_SECONDS, ceiling)


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Read a ``Retry-After`` header (RFC 9110, 10.2.3): seconds or a date.

    Returns:
        The seconds to wait, a year at most, 0 for a date gone by, None where
        there is no header or none that can be read.
    """
    if value is None:
        return None
    text = value.strip()
    try:
        seconds = float(text)
    except ValueError:
        return _seconds_until(text, now)
    if not math.isfinite(seconds) or seconds < 0:
        return None
    return min(seconds, LONGEST_WAIT_SECONDS)


def _seconds_until(http_date: str, now: datetime) -> float | None:
    try:
        then = parsedate_to_datetime(http_date)
    except (ValueError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return min(max(0.0, (then - now).total_seconds()), LONGEST_WAIT_SECONDS)


def error_message(status: int, body: bytes) -> str:
    """Customer.io's own words in an error's body, or the best there is.

    Args:
        status: the HTTP status, for a body that says nothing.
        body: as it came: any of the shapes the API uses, HTML, or nothing.
    """
    text = body.decode("utf-8", "replace").strip()
    try:
        words = _words_of(json.loads(text))
    except (ValueError, RecursionError):
        words = ""
    message = words or ("" if text.startswith("<") else text)
    return _one_line(message) or f"HTTP {status} without a message"


def _words_of(document: JsonValue) -> str:
    """Find the messages in ``{"meta": {"error(s)"}}`` or ``{"errors": [...]}``."""
    if not isinstance(document, dict):
        return ""
    meta = document.get("meta")
    inner = meta if isinstance(meta, dict) else document
    found = inner.get("errors") or inner.get("error") or inner.get("message")
    entries = found if isinstance(found, list) else [found]
    return "; ".join(filter(None, map(error_words, entries)))


def error_words(entry: JsonValue) -> str:
    """Find what one entry of a list of errors says; an empty text for nothing."""
    if not isinstance(entry, dict):
        return entry if isinstance(entry, str) else ""
    said = entry.get("message") or entry.get("detail") or entry.get("reason")
    field = entry.get("field")
    words = said if isinstance(said, str) else ""
    is_named = isinstance(field, str) and field
    return _one_line(f"{field}: {words}" if is_named else words)


def _one_line(text: str) -> str:
    # Half a surrogate pair, which JSON can write, is text that nothing can store.
    text = text.encode("utf-8", "replace").decode("utf-8")
    line = " ".join(text.split())
    return line if len(line) <= MESSAGE_LIMIT else line[: MESSAGE_LIMIT - 1] + "…"
