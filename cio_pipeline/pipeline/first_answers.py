"""Is the address wrong, or is it these users?

Pure. A wrong host, path or proxy answers alike for every user: 404, 405, 410. So
until something has been accepted, a refusal that says nothing about its user is
only held, and enough of them from different users stop the run: a wrong address
must not make a dead letter of each user in the file.
"""

from __future__ import annotations

from typing import Literal

from cio_pipeline.core.identifiers import Identity, identity_of
from cio_pipeline.core.jobs import Rejected

ENOUGH_USERS = 20
# What is wrong with one user, their payload or the size of the request. Everything
# else that is final is about the address, the method or a server in between.
_ABOUT_THE_USER = frozenset({207, 400, 409, 412, 413, 414, 422, 431})

Verdict = Literal["final", "held", "wrong_address"]


class FirstAnswers:
    """What is known of the address from the answers since the run began."""

    def __init__(self) -> None:
        self._refused: dict[int | None, set[Identity]] = {}
        self.is_proven = False

    def accepted(self) -> None:
        """Note that Customer.io took something: the address is right."""
        self.is_proven = True
        self._refused.clear()

    def refused(self, user_id: str, outcome: Rejected) -> Verdict:
        """Return what a refusal means, as far as is known by now.

        Args:
            user_id: whose request it was.
            outcome: the refusal.

        Returns:
            ``final`` if it is the user's, ``held`` if it may be the address's,
            ``wrong_address`` if `ENOUGH_USERS` were refused with the same status.
        """
        if self.is_proven or outcome.http_status in _ABOUT_THE_USER:
            return "final"
        users = self._refused.setdefault(outcome.http_status, set())
        users.add(identity_of(user_id))
        return "wrong_address" if len(users) >= ENOUGH_USERS else "held"
