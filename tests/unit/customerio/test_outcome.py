"""What an answer means."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.core.jobs import (
    Halt,
    NoReply,
    Outcomes,
    Rejected,
    Reply,
    Retryable,
    Synced,
)
from cio_pipeline.customerio.batch import judge_batch
from cio_pipeline.customerio.http.exchange import ANSWER_LIMIT_BYTES
from cio_pipeline.customerio.outcome import error_message, judge

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
@pytest.mark.parametrize(
    "body",
    [b"{}", b"", b" \r\n", b'{"meta": {}}\n', b"\xef\xbb\xbf{}", b"null", b"[1e400]"],
)
def test_a_2xx_without_a_body_or_with_json_is_a_success(
    status: int, body: bytes
) -> None:
    """Customer.io sends `{}`; other JSON and an empty body count too."""
    assert judge(Reply(status, body), NOW) == Synced()


@pytest.mark.parametrize("status", [200, 201, 203, 207])
@pytest.mark.parametrize(
    "body",
    [
        b"<html>This site is blocked</html>",
        b"\n<!DOCTYPE html>",
        b"OK",
        b"Please log in",
        b"{} <!-- seen by the proxy -->",
        b'{"half": ',
        b"\xff\xfe\x00",
        b"\x00",
        b"x" * 1_000_000,
        b"[" * 100_000,
    ],
)
def test_a_2xx_with_a_page_is_no_answer(status: int, body: bytes) -> None:
    """A proxy's page is not from Customer.io: as a success, it would lose the work.

    A person sees only the message at the end of the run.
    """
    in_batch = judge_batch(Reply(status, body), 2, NOW)
    assert isinstance(in_batch, Outcomes)
    for outcome in (judge(Reply(status, body), NOW), *in_batch.of_jobs):
        assert isinstance(outcome, Retryable)
        assert (outcome.kind, outcome.http_status) == ("no_reply", status)
        assert f"HTTP {status}" in outcome.message
        assert "proxy" in outcome.message
        assert "blocked" not in outcome.message  # a page may repeat ids and keys


def test_json_that_was_cut_off_at_the_limit_is_still_customer_ios() -> None:
    """A 207 may list thousands of errors; as a page, it would be sent again forever."""
    body = (b'{"errors": [' + b'{"batch_index": 0},' * 60_000)[:ANSWER_LIMIT_BYTES]

    assert judge(Reply(200, body), NOW) == Synced()
    unnamed = Rejected("rejected", 207, "refused without saying which item")
    assert judge_batch(Reply(207, body), 2, NOW) == Outcomes(
        [unnamed, unnamed], unnamed
    )


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 522, 599])
def test_the_retryable_statuses_are_retried(status: int) -> None:
    """Customer.io's list: 408, 425, 429, and every 5xx except 501 and 505."""
    assert isinstance(judge(Reply(status), NOW), Retryable)


@pytest.mark.parametrize(
    "status", [400, 402, 404, 405, 409, 410, 413, 422, 451, 501, 505]
)
def test_every_other_error_is_final(status: int) -> None:
    """Guarantee 6: a second attempt would be refused too."""
    assert isinstance(judge(Reply(status), NOW), Rejected)


@pytest.mark.parametrize("status", [400, 404, 422, 501, 503, 429])
def test_retry_after_makes_an_error_retryable(status: int) -> None:
    """If the API says that an error can be retried, that counts."""
    outcome = judge(Reply(status, retry_after="7"), NOW)

    assert isinstance(outcome, Retryable)
    assert outcome.at_least_seconds == 7.0


@pytest.mark.parametrize("status", [401, 403])
def test_rejected_keys_halt_the_run_even_with_retry_after(status: int) -> None:
    """Guarantee 5: and `Retry-After` does not make bad keys good."""
    outcome = judge(Reply(status, retry_after="1"), NOW)

    assert isinstance(outcome, Halt)
    assert outcome.reason == "keys_rejected"


def test_a_redirect_that_was_not_followed_halts_the_run() -> None:
    """The client follows allowed redirects; all requests would get any other."""
    outcome = judge(Reply(302, location="https://elsewhere.example/"), NOW)

    assert outcome == Halt("redirected", "redirected to https://elsewhere.example/")


def test_silence_is_retried_and_a_bad_certificate_is_not() -> None:
    """A network may recover; a certificate does not."""
    assert judge(NoReply("refused"), NOW) == Retryable(
        kind="no_reply", message="refused"
    )
    halt = judge(NoReply("expired", is_untrusted=True), NOW)
    assert halt == Halt("untrusted_certificate", "expired")


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "rejected"), (404, "not_found"), (413, "too_large"), (422, "rejected")],
)
def test_the_reason_depends_on_the_status(status: int, reason: str) -> None:
    """People sort dead letters by these words."""
    outcome = judge(Reply(status), NOW)

    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.http_status) == (reason, status)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"meta": {"error": "no such id"}}', "no such id"),
        (b'{"meta": {"errors": ["one", "two"]}}', "one; two"),
        (
            b'{"errors": [{"reason": "bad", "field": "id", "message": "too long"}]}',
            "id: too long",
        ),
        (b'{"errors": [{"detail": "gone", "status": "404"}]}', "gone"),
        (b'{"errors": [{"reason": "invalid"}]}', "invalid"),
        (b"plain words", "plain words"),
        (b"<html><body>502</body></html>", "HTTP 400 without a message"),
        (b"", "HTTP 400 without a message"),
        (b"{}", "{}"),
        (b"[" * 5000, "[" * 499 + "…"),
        (b'{"meta": {"error": "a\\nb\\u0000"}}', "a b\x00"),
    ],
    ids=lambda value: str(value)[:25],
)
def test_the_message_is_found_in_every_form_of_body(body: bytes, message: str) -> None:
    """Dead letters contain it, so that a person knows what to fix."""
    assert error_message(400, body) == message


# Any text that JSON can contain, also lone surrogates.
_said = st.text(st.characters(codec=None), max_size=9) | st.just("\ud800")
_body = _said.map(lambda said: json.dumps({"meta": {"error": said}}).encode())


@given(
    st.integers(100, 999),
    st.binary(max_size=200) | _body,
    st.none() | st.text(max_size=20),
)
def test_every_answer_has_an_outcome(
    status: int, body: bytes, retry_after: str | None
) -> None:
    """Every answer has an outcome whose message can be stored."""
    outcome = judge(Reply(status, body, retry_after), NOW)

    assert isinstance(outcome, Synced | Retryable | Rejected | Halt)
    if isinstance(outcome, Retryable | Rejected | Halt):
        outcome.message.encode("utf-8")
