"""What a ``-changed-only`` run would send, found without writing anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from cio_pipeline.core.jobs import NewJob
from cio_pipeline.store.queue.deliveries import Deliveries
from cio_pipeline.store.reader import open_reader
from cio_pipeline.store.user_digests import digest_of_user, payload_digest

Change: TypeAlias = Literal["new", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class DeliveredPayloads:
    """What each user was last sent. Made by `open_deliveries`."""

    _deliveries: Deliveries
    _connection: sqlite3.Connection | None

    def compare(self, jobs: Sequence[NewJob]) -> list[Change]:
        """Return for each job whether its user is new, changed or unchanged.

        A user with a job in the queue counts as changed, and so does every job of a
        user after the first changed one, because all of them would be sent.
        """
        if self._connection is None:
            return ["new"] * len(jobs)
        users = [digest_of_user(job) for job in jobs]
        held, waiting = self._deliveries.look_up(self._connection, users)
        changes: list[Change] = []
        for job, user in zip(jobs, users, strict=True):
            if user not in held and user not in waiting:
                changes.append("new")
            elif held.get(user) == payload_digest(job):
                changes.append("unchanged")
            else:
                changes.append("changed")
                held.pop(user, None)
                waiting[user] = job.record_index
        return changes

    def count_users(self) -> int:
        """Return how many users are remembered."""
        if self._connection is None:
            return 0
        return self._deliveries.count_users(self._connection)


@contextmanager
def open_deliveries(folder: Path) -> Iterator[DeliveredPayloads]:
    """Open what is remembered in a workspace's folder, read-only.

    Raises:
        StateError: the state is damaged or of a newer version.
        StateUnwritable: it may not be read.
    """
    with open_reader(folder) as connection:
        yield DeliveredPayloads(Deliveries(), connection)
