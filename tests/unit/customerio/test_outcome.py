"""What an answer means, and what is done about it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.core.jobs import (
    Ack,
    Halt,
    Nack,
    NoReply,
    Rejected,
    Reply,
    Retryable,
    Synced,
    ToDeadLetters,
)
from cio_pipeline.customerio.backoff import (
    BACKOFF_CAP_SECONDS,
    LONGEST_WAIT_SECONDS,
    backoff_seconds,
    retry_after_seconds,
)
from cio_pipeline.customerio.batch import judge_batch
from cio_pipeline.customerio.http.exchange import BODY_LIMIT_BYTES
from cio_pipeline.customerio.outcome import (
    error_message,
    judge,
)
from cio_pipeline.pipeline.retry import decide
from tests.support.builders import make_job, no_answer, server_error, throttled

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
@pytest.mark.parametrize(
    "body",
    [b"{}", b"", b" \r\n", b'{"meta": {}}\n', b"\xef\xbb\xbf{}", b"null", b"[1e400]"],
)
def test_a_2xx_without_a_body_or_with_json_is_a_success(
    status: int, body: bytes
) -> None:
    """Customer.io sends `{}`; what it adds one day, and an empty body, count too."""
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
    """A proxy's page says nothing of Customer.io: counted as taken, the work is lost.

    The message is all that a person sees of it once the run ends.
    """
    for outcome in (
        judge(Reply(status, body), NOW),
        judge_batch(Reply(status, body), 3, NOW),
    ):
        assert isinstance(outcome, Retryable)
        assert (outcome.kind, outcome.http_status) == ("no_reply", status)
        assert f"HTTP {status}" in outcome.message
        assert "proxy" in outcome.message
        assert "blocked" not in outcome.message  # a page may repeat ids and keys


def test_json_that_was_cut_off_at_the_limit_is_still_customer_ios() -> None:
    """A 207 may list thousands of errors; taken for a page it is sent for ever."""
    body = (b'{"errors": [' + b'{"batch_index": 0},' * 60_000)[:BODY_LIMIT_BYTES]

    assert judge(Reply(200, body), NOW) == Synced()
    assert judge_batch(Reply(207, body), 3, NOW) == Rejected(
        "rejected", 207, "refused without saying which item"
    )


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 522, 599])
def test_the_retryable_statuses_are_retried(status: int) -> None:
    """The list of customerio-api.md: 408, 425, 429, every 5xx but 501 and 505."""
    assert isinstance(judge(Reply(status), NOW), Retryable)


@pytest.mark.parametrize(
    "status", [400, 402, 404, 405, 409, 410, 413, 422, 451, 501, 505]
)
def test_every_other_error_is_final(status: int) -> None:
    """Guarantee 6: the others are refused again however often they are sent."""
    assert isinstance(judge(Reply(status), NOW), Rejected)


@pytest.mark.parametrize("status", [400, 404, 422, 501, 503, 429])
def test_retry_after_is_the_apis_word_that_it_may_be_retried(status: int) -> None:
    """Where the API itself says whether an error may be retried, that wins."""
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
    """The client follows those it may; any other would be the same for all."""
    outcome = judge(Reply(302, location="https://elsewhere.example/"), NOW)

    assert outcome == Halt("redirected", "redirected to https://elsewhere.example/")


def test_silence_is_retried_and_a_bad_certificate_is_not() -> None:
    """A certificate does not mend itself; a network does."""
    assert judge(NoReply("refused"), NOW) == Retryable(
        kind="no_reply", message="refused"
    )
    halt = judge(NoReply("expired", is_untrusted=True), NOW)
    assert halt == Halt("untrusted_certificate", "expired")


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "rejected"), (404, "not_found"), (413, "too_large"), (422, "rejected")],
)
def test_the_reason_is_told_from_the_status(status: int, reason: str) -> None:
    """The words of `spec.md`, by which people sort dead letters."""
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
def test_customer_ios_own_words_are_found_in_every_shape_of_body(
    body: bytes, message: str
) -> None:
    """Dead letters carry them, so that a person knows what to mend."""
    assert error_message(400, body) == message


# Any text JSON can write: halves of surrogate pairs too.
_said = st.text(st.characters(codec=None), max_size=9) | st.just("\ud800")
_body = _said.map(lambda said: json.dumps({"meta": {"error": said}}).encode())


@given(
    st.integers(100, 999),
    st.binary(max_size=200) | _body,
    st.none() | st.text(max_size=20),
)
def test_no_answer_breaks_the_judge(
    status: int, body: bytes, retry_after: str | None
) -> None:
    """Whatever a server says, it means something, and can be written down."""
    outcome = judge(Reply(status, body, retry_after), NOW)

    assert isinstance(outcome, Synced | Retryable | Rejected | Halt)
    if isinstance(outcome, Retryable | Rejected | Halt):
        outcome.message.encode("utf-8")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("2", 2.0),
        (" 3 ", 3.0),
        ("1.5", 1.5),
        ("Tue, 24 Nov 2026 12:00:09 GMT", 9.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 13:00:09 +0100", 9.0),
        ("1e300", LONGEST_WAIT_SECONDS),
        ("99999999999", LONGEST_WAIT_SECONDS),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT_SECONDS),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_of_its_forms(
    value: str | None, seconds: float | None
) -> None:
    """RFC 9110, 10.2.3; what cannot be read is as good as absent."""
    assert retry_after_seconds(value, NOW) == seconds


@pytest.mark.parametrize(
    ("date", "value", "seconds"),
    [
        # The server's clock is an hour ahead, an hour behind, a week ahead.
        ("Tue, 24 Nov 2026 13:00:00 GMT", "Tue, 24 Nov 2026 13:00:02 GMT", 2.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", "Tue, 24 Nov 2026 11:00:02 GMT", 2.0),
        ("Tue, 01 Dec 2026 12:00:00 GMT", "Tue, 01 Dec 2026 12:01:00 GMT", 60.0),
        ("Tue, 24 Nov 2026 14:00:00 +0100", "Tue, 24 Nov 2026 13:00:02 GMT", 2.0),
        ("Tue, 24 Nov 2026 13:00:00 GMT", "Tue, 24 Nov 2026 12:59:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 13:00:00 GMT", "7", 7.0),
        ("Tue, 24 Nov 2026 13:00:00 GMT", "soon", None),
        # Absurd or unreadable: ours counts.
        ("Thu, 01 Jan 1970 00:00:00 GMT", "Tue, 24 Nov 2026 12:00:09 GMT", 9.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "Tue, 24 Nov 2026 12:00:09 GMT", 9.0),
        ("today", "Tue, 24 Nov 2026 12:00:09 GMT", 9.0),
        ("", "Tue, 24 Nov 2026 12:00:09 GMT", 9.0),
        (
            "Tue, 24 Nov 2026 13:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            LONGEST_WAIT_SECONDS,
        ),
    ],
)
def test_a_retry_after_date_counts_from_the_answers_own_date(
    date: str, value: str, seconds: float | None
) -> None:
    """By a wrong clock of ours a pause of seconds is an hour, or none at all."""
    outcome = judge(Reply(429, retry_after=value, date=date), NOW)

    assert isinstance(outcome, Retryable)
    assert outcome.at_least_seconds == (seconds or 0.0)
    assert retry_after_seconds(value, NOW, date) == seconds


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_backoff_is_full_jitter_under_a_doubling_capped_ceiling(
    attempts: int, draw: float
) -> None:
    """And 2 ** attempts never overflows."""
    wait = backoff_seconds(attempts, draw)

    assert 0 <= wait <= min(BACKOFF_CAP_SECONDS, 0.5 * 2 ** min(attempts, 20))


def test_a_success_is_acked() -> None:
    """The ordinary day."""
    settlement = decide(Synced(), make_job(), api_is_up=True, max_attempts=8, draw=0.5)

    assert settlement == Ack()


def test_a_refusal_is_a_dead_letter_at_once() -> None:
    """Guarantee 6: each refused user is sent once."""
    settlement = decide(
        Rejected("not_found", 404, "no"),
        make_job(),
        api_is_up=True,
        max_attempts=8,
        draw=0.5,
    )

    assert settlement == ToDeadLetters("not_found", 404, "no")


def test_the_last_strike_is_a_dead_letter() -> None:
    """`maxAttempts` tries of a job that fails while the API is up."""
    last = decide(
        server_error(), make_job(strikes=7), api_is_up=True, max_attempts=8, draw=0.5
    )
    one_before = decide(
        server_error(), make_job(strikes=6), api_is_up=True, max_attempts=8, draw=0.5
    )

    assert last == ToDeadLetters("retries_exhausted", 503, "busy")
    assert isinstance(one_before, Nack)
    assert one_before.is_strike


@pytest.mark.parametrize("outcome", [no_answer(), throttled()], ids=["silence", "429"])
def test_silence_and_throttling_are_never_a_strike(outcome: Retryable) -> None:
    """They say nothing about the job; guarantee 4 forbids a dead letter."""
    settlement = decide(
        outcome, make_job(strikes=100), api_is_up=True, max_attempts=1, draw=0.5
    )

    assert isinstance(settlement, Nack)
    assert not settlement.is_strike


def test_a_5xx_while_the_api_is_down_is_no_strike() -> None:
    """An outage makes no dead letters."""
    settlement = decide(
        server_error(), make_job(strikes=100), api_is_up=False, max_attempts=1, draw=0.5
    )

    assert settlement == Nack(0.25, is_strike=False)


def test_the_wait_is_never_shorter_than_retry_after() -> None:
    """`Retry-After` is kept; the backoff may make it longer, not shorter."""
    settlement = decide(
        server_error(at_least_seconds=9),
        make_job(),
        api_is_up=True,
        max_attempts=8,
        draw=0,
    )

    assert settlement == Nack(9.0, is_strike=True)
