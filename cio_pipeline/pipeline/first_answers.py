"""Tell a wrong address from users that Customer.io refuses. Pure.

A wrong host, path or proxy gives every user the same answer: 404, 405, 410. Until
Customer.io has accepted something, a refusal that says nothing about its user is
only held. If enough different users get the same one, the run stops: a wrong address
must not make a dead letter of every user in the file.
"""

from __future__ import annotations

from typing import Literal

from cio_pipeline.core.identifiers import Identity, identity_of
from cio_pipeline.core.jobs import Rejected

ENOUGH_USERS = 20
# These are about one user, their payload or the size of the request. All other final
# answers are about the address, the method or a server in between.
_ABOUT_THE_USER = frozenset({207, 400, 409, 412, 413, 414, 422, 431})

Verdict = Literal["final", "held", "wrong_address"]


class FirstAnswers:
    """Judges the address by the answers since the start of the run."""

    def __init__(self) -> None:
        self._refused: dict[int | None, set[Identity]] = {}
        self.is_proven = False

    def accepted(self) -> None:
        """Note that Customer.io accepted something: the address is right."""
        self.is_proven = True
        self._refused.clear()

    def refused(self, user_id: str, outcome: Rejected) -> Verdict:
        """Return what a refusal means.

        Args:
            user_id: the user of the request.
            outcome: the refusal.

        Returns:
            ``final`` if it is about the user, ``held`` if it may be about the address,
            ``wrong_address`` if `ENOUGH_USERS` were refused with the same status.
        """
        if self.is_proven or outcome.http_status in _ABOUT_THE_USER:
            return "final"
        users = self._refused.setdefault(outcome.http_status, set())
        users.add(identity_of(user_id))
        return "wrong_address" if len(users) >= ENOUGH_USERS else "held"
