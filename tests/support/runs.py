"""Runs written directly to a queue's file, second by second."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

from cio_pipeline.core.config import read_config
from cio_pipeline.core.counts import Counts
from cio_pipeline.core.latency import Latencies, percentiles
from cio_pipeline.core.progress import Hold
from cio_pipeline.core.runs import RunRecord, RunSummary
from cio_pipeline.core.timeline import TimelineBuilder
from cio_pipeline.store import Store, make_private_folder
from cio_pipeline.store.workspace import queue_folder
from tests.support.builders import NOON
from tests.support.program import Program


def open_store(program: Program) -> Store:
    """Open the queue of a program."""
    config = program.configure()
    folder = queue_folder(read_config(str(config)), str(config), program.state)
    make_private_folder(program.state)
    make_private_folder(folder)
    return Store(folder)


def put_run(
    store: Store,
    run_id: str,
    *,
    records: int,
    seconds: int = 60,
    source: str = "users.json",
    started_at: datetime = NOON,
    problem: str = "Service Unavailable",
    retried: int = 0,
) -> Counts:
    """Write a run with a pause, an outage and answers of some 50 ms."""
    store.start_run(
        RunRecord(
            run_id=run_id,
            command="sync",
            source=source,
            pid=1,
            started_at=started_at.isoformat(timespec="seconds"),
        )
    )
    draw = random.Random(1)
    builder, latencies = TimelineBuilder(), Latencies()
    total = Counts(records=records)
    for second in range(seconds):
        synced = records * (second + 1) // seconds - records * second // seconds
        for _ in range(min(synced, 20)):
            latencies.add(0.02 * draw.lognormvariate(0, 0.7))
        retries = retried // seconds
        new = Counts(synced=synced, requests=synced + retries, retries=retries)
        total += new
        builder.add(second + 0.5, new, Counter(latencies.take()))
    builder.note_hold(seconds * 0.2, Hold(kind="throttled"))
    builder.note_hold(seconds * 0.3, Hold(kind="throttled"))
    builder.note_hold(seconds * 0.4, None)
    builder.note_hold(seconds * 0.5, Hold(kind="outage", problem=problem))
    builder.note_hold(seconds * 0.7, Hold(kind="outage", problem=problem))
    summary = RunSummary(
        run_id=run_id,
        status="completed",
        reason=None,
        counts=total.balanced(),
        duration_seconds=float(seconds),
        latency_ms=percentiles(latencies.buckets),
    )
    ended_at = started_at + timedelta(seconds=seconds)
    store.end_run(summary, ended_at.isoformat(), builder.take_change())
    return total
