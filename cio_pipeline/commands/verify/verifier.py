"""Compare the users of a data file with those in Customer.io."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from typing import NamedTuple

from cio_pipeline.commands.verify.comparison import Difference, FoundPerson, differences
from cio_pipeline.commands.verify.lookups import LookUps
from cio_pipeline.core.clock import Clock
from cio_pipeline.core.duplicates import Duplicates, hash_of
from cio_pipeline.core.errors import RecordError
from cio_pipeline.core.identifiers import Identity
from cio_pipeline.core.jobs import Payload
from cio_pipeline.core.limits import LOOK_UP_LIMIT_IDS
from cio_pipeline.core.mapping import Mapper
from cio_pipeline.source import Inputs

# Users listed in the result; the counts are of all.
MOST_NAMED = 1000
# More users than this are not looked up again.
_MOST_LOOKED_UP_AGAIN = 10_000
_LOOK_AGAIN_SECONDS = 2.0


class DifferentUser(NamedTuple):
    """A user with attributes that differ from the mapped ones."""

    user_id: str
    attributes: list[Difference]


@dataclass(slots=True)
class Verification:
    """The result of the comparison.

    Args:
        checked: how many users were looked up.
        matching: how many have all mapped attributes.
        missing: how many do not exist.
        different: how many have attributes that differ.
        not_removed: how many should have been deleted or suppressed, and exist.
        invalid: how many records could not be mapped.
        missing_users: the ids of the first `MOST_NAMED` missing users.
        not_removed_users: the ids of the first `MOST_NAMED` of those.
        different_users: the first `MOST_NAMED` users that differ.
    """

    checked: int = 0
    matching: int = 0
    missing: int = 0
    different: int = 0
    not_removed: int = 0
    invalid: int = 0
    missing_users: list[str] = field(default_factory=list)
    not_removed_users: list[str] = field(default_factory=list)
    different_users: list[DifferentUser] = field(default_factory=list)

    @property
    def is_match(self) -> bool:
        """Whether all users match, and not all records were invalid."""
        if self.invalid and not self.checked:
            return False
        return not (self.missing or self.different or self.not_removed)


class Verifier:
    """Compares the users of a data file with those in Customer.io.

    The file is read twice. The first time counts the records of each user, because
    only the records of repeated users must be kept and merged.

    Args:
        mapper: makes payloads from records.
        inputs: the data, which can be read several times.
        look_ups: looks up people.
        sample: how many users to look up, an even sample; None for all.
        wait_seconds: how long users that differ are looked up again. The App API
            shows what the Track API accepted only after some seconds.
        stop: ends the comparison early.
        clock: time and random numbers.
        on_progress: called with the number of users checked so far.
    """

    def __init__(
        self,
        *,
        mapper: Mapper,
        inputs: Inputs,
        look_ups: LookUps,
        sample: int | None,
        wait_seconds: float,
        stop: Event,
        clock: Clock,
        on_progress: Callable[[int], None],
    ) -> None:
        self._mapper = mapper
        self._inputs = inputs
        self._look_ups = look_ups
        self._sample_size = sample
        self._wait_seconds = wait_seconds
        self._stop = stop
        self._clock = clock
        self._on_progress = on_progress
        self._result = Verification()

    def run(self) -> Verification:
        """Compare all users or the sample, and return the result.

        Raises:
            DataFileError: the data is broken.
            StopRun: the App API could not be used.
        """
        result = self._result
        waiting: dict[Identity, Payload] = {}
        for users in _in_groups(self._users_until_stopped()):
            result.checked += len(users)
            is_last = not self._wait_seconds or len(waiting) >= _MOST_LOOKED_UP_AGAIN
            waiting |= self._compare(users, is_last=is_last)
            self._on_progress(result.checked)
            if self._stop.is_set():
                break
        deadline = self._clock.monotonic() + self._wait_seconds
        while waiting:
            is_last = self._clock.monotonic() >= deadline or self._stop.is_set()
            if not is_last:
                self._stop.wait(_LOOK_AGAIN_SECONDS)
            again, waiting = waiting, {}
            for users in _in_groups(iter(again.values())):
                waiting |= self._compare(users, is_last=is_last)
        return result

    def _compare(
        self, users: dict[Identity, Payload], *, is_last: bool
    ) -> dict[Identity, Payload]:
        """Look up users; return those that differ, except at the last look-up."""
        result = self._result
        found = self._look_ups.find(
            {user: payload.user_id for user, payload in users.items()}
        )
        waiting: dict[Identity, Payload] = {}
        for user, wanted in users.items():
            person = found.get(user)
            wrong = [] if person is None else differences(wanted.attributes, person)
            if wanted.operation.removes:
                is_match = person is None
            else:
                is_match = not wrong and not _is_missing(wanted, person)
            if is_match:
                result.matching += 1
            elif not is_last:
                waiting[user] = wanted
            elif person is None:
                result.missing += 1
                _add_name(result.missing_users, wanted)
            elif wanted.operation.removes:
                result.not_removed += 1
                _add_name(result.not_removed_users, wanted)
            else:
                result.different += 1
                if len(result.different_users) < MOST_NAMED:
                    different = DifferentUser(wanted.user_id, wrong)
                    result.different_users.append(different)
        return waiting

    def _users_until_stopped(self) -> Iterator[Payload]:
        with suppress(_Stopped):
            yield from self._users()

    def _users(self) -> Iterator[Payload]:
        """Return each user of the sample once, with its records merged."""
        duplicates = Duplicates()
        sample = _Lowest(self._sample_size)
        for payload in self._payloads():
            sample.offer(duplicates.add(payload.identity))
        repeated = duplicates.repeated()
        self._result.invalid = 0  # the second reading counts them again
        # By hash, because hashes were counted; two users may have the same one.
        merged: dict[int, dict[Identity, Payload]] = {}
        for payload in self._payloads():
            person = payload.identity
            number = hash_of(person)
            if number not in sample:
                continue
            if number not in repeated:
                yield payload
                continue
            users = merged.setdefault(number, {})
            earlier = users.get(person)
            users[person] = payload if earlier is None else _merged(earlier, payload)
            repeated[number] -= 1
            if not repeated[number]:  # the last record
                yield from merged.pop(number).values()

    def _payloads(self) -> Iterator[Payload]:
        for record in self._inputs.records(self._check_stop):
            try:
                payload, _ = self._mapper.map_to_json(record)
            except RecordError:
                self._result.invalid += 1
                continue
            yield payload

    def _check_stop(self, _waited_seconds: float) -> None:
        if self._stop.is_set():
            raise _Stopped


def _merged(earlier: Payload, later: Payload) -> Payload:
    """Return what two records of one user ask for together."""
    actions = earlier.operation.action, later.operation.action
    if actions == ("upsert", "upsert"):
        return later._replace(attributes=earlier.attributes | later.attributes)
    # Customer.io ignores later calls for a suppressed person. And unsuppressing does
    # not bring back what was there before.
    is_ignored = actions in (("suppress", "upsert"), ("suppress", "delete"))
    is_still_gone = later.operation.action == "unsuppress" and earlier.operation.removes
    return earlier if is_ignored or is_still_gone else later


def _is_missing(wanted: Payload, person: FoundPerson | None) -> bool:
    """Whether a person should be there, and is not."""
    may_create = wanted.attributes.get("_update") is not True
    return person is None and may_create and wanted.operation.action == "upsert"


def _add_name(names: list[str], payload: Payload) -> None:
    if len(names) < MOST_NAMED:
        names.append(payload.user_id)


class _Stopped(Exception):
    """The comparison was stopped while the file was being read."""


class _Lowest:
    """The lowest ``size`` of many numbers, or all; of hashes, an even sample."""

    def __init__(self, size: int | None) -> None:
        self._size = size
        self._heap: list[int] = []  # negated, so that the highest comes first
        self._kept: set[int] = set()

    def __contains__(self, number: int) -> bool:
        return self._size is None or number in self._kept

    def offer(self, number: int) -> None:
        """Keep a number if it is among the lowest so far."""
        if self._size is None or number in self._kept:
            return
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, -number)
        elif self._heap and number < -self._heap[0]:
            self._kept.remove(-heapq.heapreplace(self._heap, -number))
        else:
            return
        self._kept.add(number)


def _in_groups(
    users: Iterator[Payload],
) -> Iterator[dict[Identity, Payload]]:
    """Return users in groups of one look-up each."""
    group: dict[Identity, Payload] = {}
    for payload in users:
        group[payload.identity] = payload
        if len(group) == LOOK_UP_LIMIT_IDS:
            yield group
            group = {}
    if group:
        yield group
