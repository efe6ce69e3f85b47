"""What an answer means (`judge`), and the error of one that ends a run (`stop_run`).

Pure: the time is handed in. The rules are those of
Customer.io's API and its official clients (docs/decisions/0003-retries.md).
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
    """Say what came back for one attempt means.

    Args:
        reply: the answer, or why there was none.
        now: the time it came, in UTC; a ``Retry-After`` date counts from it if the
            answer has no ``Date`` of its own.
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
    """Tell Customer.io's success from a page that a proxy puts in its place.

    Customer.io sends JSON, nearly always ``{}``. The page itself is not repeated:
    it may name the address with the user id, or the keys.
    """
    if reply.body in _PLAIN_BODIES or _may_be_json(reply.body):
        return _SYNCED
    return Retryable(
        kind="no_reply",
        http_status=reply.status,
        message=f"HTTP {reply.status} with a page that is not Customer.io's; a proxy,"
        " a firewall or a login page probably answers in its place",
    )


def _may_be_json(body: bytes) -> bool:
    text = body.strip()
    if not text:
        return True
    try:
        decode(text)
    except ValueError:
        # An answer is read up to a limit: a long list of errors is cut off there.
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
    """How an error speaks of a request that no answer came for.

    Args:
        request: what was asked or sent.
        keys: what it was signed with.
        check_keys: a sentence for rejected keys, without its full stop.
        check_address: a sentence for an address that may be wrong, as `check_keys`.
        kept: a sentence on what has become of the work, as `check_keys`.
        check_answer: what follows where answers come and none is of use.
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
    check_keys="Check siteId, apiKey and region in the configuration: the two may be"
    " exchanged, of another workspace, or App API keys",
    check_address="Check trackUrl in the configuration",
    kept="The work is kept; run again to go on",
)


def stop_run(halt: Halt, wording: Wording = SENDING) -> StopRun:
    """Return the error that ends a run because of a halt."""
    if halt.reason == "keys_rejected":
        return KeysRejected(
            f"Customer.io rejected {wording.keys} ({halt.message})."
            f" {wording.check_keys}. {wording.kept}"
        )
    if halt.reason == "redirected":
        return StopRun(
            f"{wording.request} was {halt.message}, where {wording.keys} may not go."
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
        f"Customer.io could not be trusted: {halt.message}. Behind a proxy with a"
        " certificate of its own, name its CA in REQUESTS_CA_BUNDLE."
        f" {wording.kept}",
        reason=halt.reason,
    )


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
    return shortened(" ".join(text.split()), MESSAGE_LIMIT)
