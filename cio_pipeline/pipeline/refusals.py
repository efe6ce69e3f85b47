"""What Customer.io refused after its 200: read when all is sent, for dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cio_pipeline.core.identifiers import identity
from cio_pipeline.core.json_text import encode_lenient
from cio_pipeline.core.text import shortened
from cio_pipeline.customerio.activity_log import Activity, ActivityLog, utc
from cio_pipeline.pipeline.app_api import open_activity_log
from cio_pipeline.pipeline.parts import RunParts
from cio_pipeline.store.refused_later import LaterRefusal

MOST_NAMED = 20
_MESSAGE_LIMIT = 300


@dataclass(slots=True)
class Refusals:
    """Reads the refusals of one run, and makes dead letters of them.

    Args:
        run: the parts of the run; its configuration has an App API key.
        app_url: the address of the App API.
        share: this run's share of the App API's rate, up to 1.
        users: the first `MOST_NAMED` users that were refused (a result).
    """

    run: RunParts
    app_url: str
    share: float
    users: list[str] = field(default_factory=list)
    _log: ActivityLog = field(init=False)

    def __post_init__(self) -> None:
        """Make the reader; nothing is read yet."""
        self._log = open_activity_log(
            self.run.config,
            self.run.transport,
            self.app_url,
            share=self.share,
            stop=self.run.stop,
            clock=self.run.clock,
            kept="The work is kept; run again with -failures to continue",
        )

    def begin(self) -> None:
        """Check the App API's key, and note the time, before anything is sent.

        Raises:
            StopRun: the key was rejected, or the App API cannot be reached.
        """
        begun = self._log.by_server_clock(self.run.clock.utc_now())
        self.run.store.keep_sent(begun.timestamp())

    def read(self) -> None:
        """Read the activity log until it has nothing new.

        After a stop, the next run that reads refusals continues.

        Raises:
            StopRun: the App API cannot be used, or the state cannot be written.
        """
        since = self.run.store.sent_since()
        if since is not None:
            self._log.follow(utc(since), self._take)
        if not self.run.stop.is_set():
            self.run.store.forget_sent()

    def _take(self, activities: Sequence[Activity]) -> int:
        refusals = [refusal_of(each) for each in activities]
        letters = self.run.store.add_refused_later(refusals, self.run.run_id)
        self.run.counters.refused_later(len(letters))
        for letter in letters:
            if len(self.users) < MOST_NAMED:
                self.users.append(letter.user_id or "")
            self.run.log.warning(
                "refused_later", user_id=letter.user_id, message=letter.message
            )
        return len(letters)


def refusal_of(activity: Activity) -> LaterRefusal:
    """Return an activity as the store needs it."""
    known = activity.identifiers
    about = f"{activity.type}: {activity.about}".removesuffix(": ")
    return LaterRefusal(
        activity_id=activity.id,
        seconds=activity.at,
        refused_at=utc(activity.at).isoformat(timespec="seconds"),
        people=tuple((identity(kind, text), text) for kind, text in known),
        payload=encode_lenient(activity.data),
        message=shortened(about, _MESSAGE_LIMIT),
    )
