"""Is the address wrong, or is it these users?"""

from __future__ import annotations

import pytest

from cio_pipeline.core.jobs import Rejected
from cio_pipeline.pipeline.first_answers import ENOUGH_USERS, FirstAnswers


def refuse(answers: FirstAnswers, status: int | None, *users: str) -> list[str]:
    """Let users be refused, one after the other."""
    outcome = Rejected("rejected", status, "no")
    return [answers.refused(user, outcome) for user in users]


def users(count: int) -> list[str]:
    """Name different users."""
    return [f"u{n}" for n in range(count)]


@pytest.mark.parametrize("status", [402, 404, 405, 406, 410, 421, 426, 451, 501, 505])
def test_the_same_refusal_of_enough_users_is_a_wrong_address(status: int) -> None:
    """None of these says anything about a user; the first ones are only held."""
    verdicts = refuse(FirstAnswers(), status, *users(ENOUGH_USERS))

    assert verdicts == ["held"] * (ENOUGH_USERS - 1) + ["wrong_address"]


@pytest.mark.parametrize("status", [207, 400, 409, 413, 414, 422, 431])
def test_a_refusal_of_what_was_sent_is_final_at_once(status: int) -> None:
    """A file of bad payloads is a file of dead letters, as it always was."""
    verdicts = refuse(FirstAnswers(), status, *users(100))

    assert set(verdicts) == {"final"}


def test_one_user_is_one_user_however_often_they_are_refused() -> None:
    """Many records of one deleted user say nothing about the address."""
    assert set(refuse(FirstAnswers(), 404, *["ada"] * 100)) == {"held"}
    emails = ["ada@x.org", "ADA@x.org"] * 50
    assert set(refuse(FirstAnswers(), 404, *emails)) == {"held"}


def test_the_first_success_ends_all_doubt() -> None:
    """An address that has worked is right; what is refused then is the user's."""
    answers = FirstAnswers()
    refuse(answers, 404, *users(ENOUGH_USERS - 1))
    answers.accepted()

    assert set(refuse(answers, 404, *users(100))) == {"final"}


def test_different_refusals_do_not_add_up() -> None:
    """A wrong address answers everybody alike."""
    answers = FirstAnswers()
    for status in (404, 405, 410):
        assert set(refuse(answers, status, *users(ENOUGH_USERS - 1))) == {"held"}


def test_a_refusal_of_the_payload_neither_helps_nor_hurts() -> None:
    """A wrong server too may find an odd id a bad request."""
    answers = FirstAnswers()
    refuse(answers, 404, *users(ENOUGH_USERS - 1))
    refuse(answers, 400, "a/b")

    assert refuse(answers, 404, "last") == ["wrong_address"]
