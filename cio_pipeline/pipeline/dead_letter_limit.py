"""When a run has too many dead letters to go on. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cio_pipeline.core.errors import StopRun, UsageError

# A share of fewer records says little: one of the first three may be bad.
FEWEST_RECORDS = 100
_NUMBER = re.compile(r"\d{1,15}", re.ASCII)
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?) ?%", re.ASCII)


@dataclass(frozen=True, slots=True)
class DeadLetterLimit:
    """The most dead letters of a run: a number, or a share.

    Args:
        text: as it was written.
        most: the number; None if it is a share.
        share: from 0 to 1; of the records that were read, and of the jobs that were
            sent.
    """

    text: str
    most: int | None
    share: float

    def check(
        self, *, records: int, invalid: int, settled: int, undelivered: int
    ) -> None:
        """Check a run's dead letters so far.

        A share is checked from `FEWEST_RECORDS` records on.

        Args:
            records: how many records were read.
            invalid: how many of them could not be mapped.
            settled: how many jobs are done.
            undelivered: how many of them could not be delivered.

        Raises:
            StopRun: there are too many.
        """
        if self.most is not None and invalid + undelivered > self.most:
            self._stop(f"{invalid + undelivered:,} dead letters")
        if self.most is None and self._is_over(invalid, records):
            self._stop(f"{invalid:,} of {records:,} records could not be mapped")
        if self.most is None and self._is_over(undelivered, settled):
            self._stop(f"{undelivered:,} of {settled:,} jobs could not be delivered")

    def _is_over(self, dead: int, of_all: int) -> bool:
        return of_all >= FEWEST_RECORDS and dead > self.share * of_all

    def _stop(self, found: str) -> None:
        raise StopRun(
            f"{found}, more than -max-dead-letters {self.text} allows. The rest is kept"
            " in the queue; fix the cause and run again to continue",
            reason="too_many_dead_letters",
        )


def parse_limit(text: str) -> DeadLetterLimit:
    """Read ``N`` or ``P%``.

    Raises:
        UsageError: it is something else.
    """
    if _NUMBER.fullmatch(text):
        return DeadLetterLimit(text, int(text), 1.0)
    share = _SHARE.fullmatch(text)
    if share is None or float(share[1]) > 100:
        raise UsageError(
            f"-max-dead-letters {text!r} is neither a number nor a share; expected for"
            " example 100 or 2%"
        )
    return DeadLetterLimit(text, None, float(share[1]) / 100)
