"""Tell an outage from a user that always fails: a circuit breaker. Pure.

It counts as an outage when several *different* users fail in a row and no request
succeeds. A user who failed while others succeeded is a suspect: a later 5xx for a
suspect says nothing about the API. So a few users that always get a 500 become dead
letters, even when only they are left.
"""

from __future__ import annotations

from cio_pipeline.core.jobs import Retryable

DOUBTFUL_USERS = 3
DOUBTFUL_SECONDS = 1.0
FEWEST_USERS, MOST_USERS = 5, 20
PROBE_BASE_SECONDS, PROBE_CAP_SECONDS = 0.5, 5.0


class Outage:
    """Decides whether the API is down, and when the next probe may be sent.

    Args:
        parallelism: the most requests in flight; this many may fail together at the
            start of an outage.
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
        """Return whether nothing is wrong, so that a success changes nothing."""
        return self.silent_since is None and not self._suspects

    @property
    def api_is_up(self) -> bool:
        """Return whether a 5xx may count as a strike."""
        return self.down_since is None and len(self._failing) < DOUBTFUL_USERS

    def answered(self, user_id: str, sent_at: float) -> None:
        """Note a definite answer (accepted or refused): the API is up.

        Args:
            user_id: the user of the request.
            sent_at: when it was sent, in monotonic seconds. If that was before the
                outage began, there was no outage: those who failed are suspects.
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

        When no failed user is left to retry, silence is no evidence: there may be
        nothing to send for hours.
        """
        self._suspects.discard(user_id)
        self._failing.discard(user_id)
        self._throttled.discard(user_id)
        if not (self._failing or self._throttled) and self.down_since is None:
            self._failing_since = self.silent_since = None

    def skip(self, seconds: float, now: float) -> None:
        """Do not count seconds in which the process did not run."""
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

        A 429 is no evidence of an outage, but it is no success either.

        Args:
            user_id: the user of the request.
            outcome: the failure.
            sent_at: when the request was sent, in monotonic seconds.
            now: the time of the failure, in monotonic seconds.
            draw: a random number in [0, 1), for the jitter of the next probe.
        """
        # Only a 5xx can be about one user; silence and a 429 never are.
        is_evidence = outcome.kind != "server" or user_id not in self._suspects
        if self.silent_since is None and is_evidence:
            self.silent_since = now
        if outcome.kind == "throttled":
            self._throttled.add(user_id)
        if self.down_since is not None:
            if sent_at >= self.down_since:  # in an outage only probes are sent
                self._schedule_probe(now, outcome.at_least_seconds, draw)
        elif is_evidence and outcome.kind != "throttled":
            self._add_evidence(user_id, now)
            if self.down_since is not None:
                self._schedule_probe(now, outcome.at_least_seconds, draw)

    def take_probe(self, now: float) -> bool:
        """Return whether the caller may send the probe; it must report the result."""
        if self._probe_is_out or now < self._next_probe_at:
            return False
        self._probe_is_out = True
        return True

    def next_probe_in(self, now: float) -> float:
        """Return the seconds until the next probe may be sent."""
        return max(0.0, self._next_probe_at - now)

    def _add_evidence(self, user_id: str, now: float) -> None:
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
