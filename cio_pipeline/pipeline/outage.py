"""Is the API down, or is it this one user?

Pure: told the time (monotonic seconds) and the random draw.

Evidence of an outage is several *different* users failing in a row with nobody
getting through. A user who failed while others got through is a suspect: a
later 5xx of theirs says nothing about the API, so a few users that always get a
500 end as dead letters even when they are the only ones left.
"""

from __future__ import annotations

from cio_pipeline.core.jobs import Retryable

DOUBTFUL_USERS = 3
DOUBTFUL_SECONDS = 1.0
FEWEST_USERS, MOST_USERS = 5, 20
PROBE_BASE_SECONDS, PROBE_CAP_SECONDS = 0.5, 5.0


class Outage:
    """Whether the API is answering, and when the next probe may go.

    Args:
        parallelism: requests in flight at once; that many may fail together
            before anybody could know better.
    """

    def __init__(self, parallelism: int) -> None:
        self._enough_users = min(max(parallelism, FEWEST_USERS), MOST_USERS)
        self._failing: set[str] = set()
        self._throttled: set[str] = set()
        self._suspects: set[str] = set()
        self._failing_since: float | None = None
        self._probes = 0
        self._probe_is_out = False
        self._next_probe_at = 0.0
        self.silent_since: float | None = None
        self.down_since: float | None = None

    @property
    def is_calm(self) -> bool:
        """Whether nothing at all is wrong, so that a success changes nothing."""
        return self.silent_since is None and not self._suspects

    @property
    def api_is_up(self) -> bool:
        """Whether a 5xx may be held against the user it was for."""
        return self.down_since is None and len(self._failing) < DOUBTFUL_USERS

    def heard(self, user_id: str, sent_at: float) -> None:
        """Note a definite answer (accepted or refused): the API is alive.

        Args:
            user_id: whose request it was.
            sent_at: when it left. One that left before the API was thought
                down proves that it was not: those who failed are suspects.
        """
        if self.down_since is None or sent_at < self.down_since:
            self._suspects |= self._failing
        self._suspects.discard(user_id)
        self._failing.clear()
        self._throttled.clear()
        self._failing_since = self.silent_since = self.down_since = None
        self._probe_is_out = False

    def forget(self, user_id: str) -> None:
        """Drop a user who became a dead letter.

        Once nobody is left who waits for a success, silence is no evidence: there
        may be nothing to send for hours.
        """
        self._suspects.discard(user_id)
        self._failing.discard(user_id)
        self._throttled.discard(user_id)
        if not (self._failing or self._throttled) and self.down_since is None:
            self._failing_since = self.silent_since = None

    def skip(self, seconds: float, now: float) -> None:
        """Leave out a time in which the process did not run: nobody could succeed."""
        self._failing_since = _later(self._failing_since, seconds, now)
        self.silent_since = _later(self.silent_since, seconds, now)

    def failed(
        self,
        user_id: str,
        outcome: Retryable,
        *,
        sent_at: float,
        now: float,
        draw: float,
    ) -> None:
        """Note a retryable failure.

        Being throttled is no evidence of an outage, but it is no success either.

        Args:
            user_id: whose request it was.
            outcome: what came of it.
            sent_at: when the request left.
            now: when the failure was known.
            draw: a random number in [0, 1), for the jitter of the next probe.
        """
        # Only a 5xx can be a suspect's own; silence and a 429 are nobody's.
        is_evidence = outcome.kind != "server" or user_id not in self._suspects
        if self.silent_since is None and is_evidence:
            self.silent_since = now
        if outcome.kind == "throttled":
            self._throttled.add(user_id)
        if self.down_since is not None:
            if sent_at >= self.down_since:  # only probes leave while it is down
                self._schedule_probe(now, outcome.at_least_seconds, draw)
        elif is_evidence and outcome.kind != "throttled":
            self._weigh(user_id, now)
            if self.down_since is not None:
                self._schedule_probe(now, outcome.at_least_seconds, draw)

    def take_probe(self, now: float) -> bool:
        """Whether the caller may send the one probe; if so it must report back."""
        if self._probe_is_out or now < self._next_probe_at:
            return False
        self._probe_is_out = True
        return True

    def next_probe_in(self, now: float) -> float:
        """Seconds until the next probe may go."""
        return max(0.0, self._next_probe_at - now)

    def _weigh(self, user_id: str, now: float) -> None:
        self._failing.add(user_id)
        if self._failing_since is None:
            self._failing_since = now
        users = len(self._failing)
        has_lasted = now - self._failing_since >= DOUBTFUL_SECONDS
        if users >= self._enough_users or (users >= DOUBTFUL_USERS and has_lasted):
            self.down_since = now
            self._probes = 0

    def _schedule_probe(self, now: float, pause_seconds: float, draw: float) -> None:
        ceiling = min(
            PROBE_CAP_SECONDS, PROBE_BASE_SECONDS * 2.0 ** min(self._probes, 9)
        )
        wait = ceiling * (0.5 + 0.5 * draw)
        self._probes += 1
        self._probe_is_out = False
        self._next_probe_at = now + max(wait, pause_seconds)


def _later(since: float | None, seconds: float, now: float) -> float | None:
    return None if since is None else min(now, since + seconds)
