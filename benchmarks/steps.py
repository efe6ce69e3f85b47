"""Measure the steps of a user in batch mode one by one, and print them as JSON.

    python steps.py FILE CONFIGURATION

One thread does what the threads of a run do, without loops, locks and connections.
Each step is the lowest CPU time of some rounds, in microseconds per user.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cio_pipeline.core.config import read_config
from cio_pipeline.core.jobs import Job, NewJob
from cio_pipeline.core.mapping import Mapper
from cio_pipeline.customerio.batch import make_body
from cio_pipeline.customerio.senders import BatchSender
from cio_pipeline.source import open_source
from cio_pipeline.store import Load, LoadIdentity, Store
from cio_pipeline.store.queue.window import window_for

ROUNDS = 10
USERS = 10_000
CHUNK_USERS = 2_500
THREADS = 25

_Found = TypeVar("_Found")


class Steps:
    """Measures steps.

    Args:
        store: an empty queue.
        load: a load of it.

    Attributes:
        found: name -> microseconds of CPU per user, in order.
    """

    def __init__(self, store: Store, load: Load) -> None:
        self._store = store
        self._load = load
        self.found: dict[str, float] = {}

    def take(self, path: str, mapper: Mapper) -> None:
        """Take all steps of the first users of a file."""
        with open_source(path) as source:
            records = self._measure(
                "read", lambda: list(islice(source.records(), USERS))
            )
        mapped = self._measure(
            "map, write as JSON", lambda: list(map(mapper.map_to_json, records))
        )
        pairs = [(payload.user_id, body) for payload, body in mapped]
        new = self._measure(
            "make the job", lambda: [NewJob(*each, 0) for each in pairs]
        )
        jobs = self._measure("insert", lambda: self._insert(new))
        window = window_for(THREADS, BatchSender.lease_size)
        self._measure("into the window", lambda: window.admit(jobs))
        leases = self._measure(
            "out of the window", lambda: list(iter(lambda: window.take(0.0), []))
        )
        self._measure("make the body", lambda: list(map(make_body, leases)))
        self._measure("settle", lambda: list(map(window.finish, leases)))
        self._measure("delete", lambda: self._delete(leases))

    def _measure(self, name: str, step: Callable[[], _Found]) -> _Found:
        began = time.process_time()
        result = step()
        micros = 1e6 * (time.process_time() - began) / USERS
        self.found[name] = min(micros, self.found.get(name, micros))
        return result

    def _insert(self, new: Sequence[NewJob]) -> list[Job]:
        jobs: list[Job] = []
        for start in range(0, len(new), CHUNK_USERS):
            chunk = new[start : start + CHUNK_USERS]
            jobs += self._store.enqueue(self._load, chunk, [], next_index=start)
        return jobs

    def _delete(self, leases: Sequence[Sequence[Job]]) -> None:
        for jobs in leases:
            with self._store.queue.transaction() as tx:
                self._store.queue.delete(tx, [job.id for job in jobs])


def main() -> None:
    """Measure, and print JSON."""
    path, configuration = sys.argv[1:]
    config = read_config(configuration)
    identity = LoadIdentity(source="records", fingerprint=None, mapping="steps")
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder)) as store:
        (load,) = store.begin_loads([identity]).loads
        steps = Steps(store, load)
        for _ in range(ROUNDS):
            steps.take(path, Mapper(config.user_id, config.mappings))
    print(json.dumps(steps.found))


if __name__ == "__main__":
    main()
