"""Telling a wrong address from users that are refused."""

from __future__ import annotations

import pytest

from cio_pipeline.core.jobs import Rejected
from cio_pipeline.pipeline.first_answers import ENOUGH_USERS, FirstAnswers


def refuse(answers: FirstAnswers, status: int | None, *users: str) -> list[str]:
    """Refuse users, one after the other."""
    outcome = Rejected("rejected", status, "no")
    return [answers.refused(user, outcome) for user in users]


def users(count: int) -> list[str]:
    """Return the ids of different users."""
    return [f"u{n}" for n in range(count)]


@pytest.mark.parametrize("status", [402, 404, 405, 406, 410, 421, 426, 451, 501, 505])
def test_the_same_refusal_of_enough_users_is_a_wrong_address(status: int) -> None:
    """These statuses say nothing about a user; the first refusals are only held."""
    verdicts = refuse(FirstAnswers(), status, *users(ENOUGH_USERS))

    assert verdicts == ["held"] * (ENOUGH_USERS - 1) + ["wrong_address"]


@pytest.mark.parametrize("status", [207, 400, 409, 413, 414, 422, 431])
def test_a_refusal_of_what_was_sent_is_final_at_once(status: int) -> None:
    """Bad payloads must still become dead letters."""
    verdicts = refuse(FirstAnswers(), status, *users(100))

    assert set(verdicts) == {"final"}


def test_a_user_who_is_refused_many_times_counts_once() -> None:
    """Many records of one deleted user say nothing about the address."""
    assert set(refuse(FirstAnswers(), 404, *["ada"] * 100)) == {"held"}
    emails = ["ada@x.org", "ADA@x.org"] * 50
    assert set(refuse(FirstAnswers(), 404, *emails)) == {"held"}


def test_after_a_success_every_refusal_is_final() -> None:
    """An address that has worked is right, so a refusal is about its user."""
    answers = FirstAnswers()
    refuse(answers, 404, *users(ENOUGH_USERS - 1))
    answers.accepted()

    assert set(refuse(answers, 404, *users(100))) == {"final"}


def test_different_refusals_do_not_add_up() -> None:
    """A wrong address gives every user the same answer."""
    answers = FirstAnswers()
    for status in (404, 405, 410):
        assert set(refuse(answers, status, *users(ENOUGH_USERS - 1))) == {"held"}


def test_a_refused_payload_does_not_reset_the_count() -> None:
    """A wrong server may also refuse an unusual id with a 400."""
    answers = FirstAnswers()
    refuse(answers, 404, *users(ENOUGH_USERS - 1))
    refuse(answers, 400, "a/b")

    assert refuse(answers, 404, "last") == ["wrong_address"]
