"""What an answer means (`judge`), and the error if it ends a run (`stop_run`). Pure.

The rules are those of Customer.io's API and its official clients
(docs/decisions/0003-retries.md).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from cio_pipeline.core.errors import KeysRejected, StopRun, WrongAddress
from cio_pipeline.core.jobs import (
    NOT_FOUND,
    REJECTED,
    TOO_LARGE,
    Halt,
    JsonValue,
    NoReply,
    Outcome,
    Rejected,
    Reply,
    Retryable,
    Synced,
)
from cio_pipeline.core.json_text import decode
from cio_pipeline.core.text import shortened
from cio_pipeline.customerio.backoff import retry_after_seconds
from cio_pipeline.customerio.http.exchange import ANSWER_LIMIT_BYTES

MESSAGE_LIMIT = 500

_RETRYABLE_4XX = frozenset({408, 425, 429})
_FINAL_5XX = frozenset({501, 505})
_REASON_OF_STATUS = {404: NOT_FOUND, 413: TOO_LARGE}
_SYNCED = Synced()
_PLAIN_BODIES = (b"{}", b"")


def judge(reply: Reply | NoReply, now: datetime) -> Outcome:
    """Return the outcome of one attempt.

    Args:
        reply: the answer, or why there was none.
        now: the time of the answer, in UTC; used for a ``Retry-After`` date if the
            answer has no ``Date``.
    """
    if isinstance(reply, NoReply):
        return _judge_no_reply(reply)
    if 200 <= reply.status < 300:
        return _judge_success(reply)
    message = error_message(reply.status, reply.body)
    if reply.status in (401, 403):
        return Halt("keys_rejected", message)
    if 300 <= reply.status < 400:
        return Halt("redirected", f"redirected to {reply.location or 'nowhere'}")
    return _judge_error(reply, message, now)


def _judge_success(reply: Reply) -> Synced | Retryable:
    """Return whether a 2xx is Customer.io's success or the page of a proxy.

    Customer.io sends JSON, nearly always ``{}``. The message does not quote the page,
    which may contain the address with the user id, or the keys.
    """
    if reply.body in _PLAIN_BODIES or _may_be_json(reply.body):
        return _SYNCED
    return Retryable(
        kind="no_reply",
        http_status=reply.status,
        message=f"HTTP {reply.status} with a page that is not from Customer.io; a"
        " proxy, a firewall or a login page probably answered instead",
    )


def _may_be_json(body: bytes) -> bool:
    text = body.strip()
    if not text:
        return True
    try:
        decode(text)
    except ValueError:
        # Answers are read up to a limit, so a long list of errors is cut off.
        return len(body) >= ANSWER_LIMIT_BYTES and text.startswith(b'{"')
    return True


def _judge_no_reply(reply: NoReply) -> Outcome:
    if reply.is_untrusted:
        return Halt("untrusted_certificate", reply.problem)
    return Retryable(kind="no_reply", message=reply.problem)


def _judge_error(reply: Reply, message: str, now: datetime) -> Outcome:
    wait = retry_after_seconds(reply.retry_after, now, reply.date)
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


class Wording(NamedTuple):
    """The words for a request in errors. Sentences have no full stop.

    Args:
        request: the request.
        keys: the keys that it was sent with.
        check_keys: a sentence for rejected keys.
        check_address: a sentence for an address that may be wrong.
        kept: a sentence about what happens to the work.
        check_answer: a clause for answers without the requested data.
    """

    request: str
    keys: str
    check_keys: str
    check_address: str
    kept: str
    check_answer: str = ""


SENDING = Wording(
    request="a request",
    keys="the keys",
    check_keys="Check siteId, apiKey and region in the configuration: the keys may be"
    " swapped, belong to another workspace, or be App API keys",
    check_address="Check trackUrl in the configuration",
    kept="The work is kept; run again to continue",
)


def stop_run(halt: Halt, wording: Wording = SENDING) -> StopRun:
    """Return the error for a halt."""
    if halt.reason == "keys_rejected":
        return KeysRejected(
            f"Customer.io rejected {wording.keys} ({halt.message})."
            f" {wording.check_keys}. {wording.kept}"
        )
    if halt.reason == "redirected":
        return StopRun(
            f"{wording.request} was {halt.message}; {wording.keys} must not be sent"
            " there."
            f" {wording.check_address}. {wording.kept}",
            reason="redirected",
        )
    if halt.reason == "wrong_address":
        return WrongAddress(
            f"{halt.message}. The address is probably wrong: check trackUrl in the"
            " configuration and the proxy, if there is one. The work is kept in the"
            " queue of this address; once trackUrl is changed, sync the file again"
        )
    return StopRun(
        f"the server could not be trusted: {halt.message}. If a proxy uses its own"
        " certificate, set REQUESTS_CA_BUNDLE to the file of its CA."
        f" {wording.kept}",
        reason=halt.reason,
    )


def error_message(status: int, body: bytes) -> str:
    """Return the error message in a body, or a replacement.

    Args:
        status: the HTTP status, for a body without a message.
        body: the body: one of the API's forms, HTML, other text, or nothing.
    """
    text = body.decode("utf-8", "replace").strip()
    try:
        words = _words_of(json.loads(text))
    except (ValueError, RecursionError):
        words = ""
    message = words or ("" if text.startswith("<") else text)
    return _one_line(message) or f"HTTP {status} without a message"


def _words_of(document: JsonValue) -> str:
    """Return the messages in ``{"meta": {"error(s)"}}`` or ``{"errors": [...]}``."""
    if not isinstance(document, dict):
        return ""
    meta = document.get("meta")
    inner = meta if isinstance(meta, dict) else document
    found = inner.get("errors") or inner.get("error") or inner.get("message")
    entries = found if isinstance(found, list) else [found]
    return "; ".join(filter(None, map(error_words, entries)))


def error_words(entry: JsonValue) -> str:
    """Return the message of one entry in a list of errors, or an empty string."""
    if not isinstance(entry, dict):
        return entry if isinstance(entry, str) else ""
    message = entry.get("message") or entry.get("detail") or entry.get("reason")
    field = entry.get("field")
    words = message if isinstance(message, str) else ""
    is_named = isinstance(field, str) and field
    return _one_line(f"{field}: {words}" if is_named else words)


def _one_line(text: str) -> str:
    # JSON can contain lone surrogates, which cannot be stored.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return shortened(" ".join(text.split()), MESSAGE_LIMIT)
