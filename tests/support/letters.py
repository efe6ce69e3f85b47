"""Dead letters written directly to a queue's file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from cio_pipeline.core.config import read_config
from cio_pipeline.store import LoadIdentity, NewDeadLetter, Store, make_private_folder
from cio_pipeline.store.dead_letters.table import insert_dead_letters
from cio_pipeline.store.workspace import queue_folder
from tests.support.program import Program

# What goes wrong of a night: mostly one thing.
_NIGHT = (
    ("rejected", 400, "attributes.birthday: value must be at most 1000 bytes", 13),
    ("retries_exhausted", 503, "Service Unavailable", 5),
    ("invalid_record", None, "the record has no key 'id'", 2),
)
_STARTED = datetime(2026, 11, 24, 1, 58, tzinfo=UTC)


def make_letter(
    number: int = 0,
    *,
    user_id: str | None = "u1",
    payload: object = None,
    reason: str = "rejected",
    http_status: int | None = 400,
    message: str = "bad attribute",
    failed_at: datetime = _STARTED,
    run_id: str = "20261124T015800Z-0a1b2c",
    operation: str | None = None,
) -> NewDeadLetter:
    """Return a dead letter; arguments change single fields."""
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return NewDeadLetter(
        job_id=None if reason == "invalid_record" else number + 1,
        load_id=1,
        user_id=user_id,
        record_index=number,
        payload=text,
        reason=reason,
        http_status=http_status,
        message=message,
        attempts=8 if reason == "retries_exhausted" else int(http_status is not None),
        failed_at=failed_at.isoformat(timespec="seconds"),
        run_id=run_id,
        operation=operation,
    )


def a_nights_letters(count: int) -> Iterator[NewDeadLetter]:
    """Make letters of three causes over an hour and a half, in order."""
    kinds = [kind for kind in _NIGHT for _ in range(kind[3])]
    for number in range(count):
        # Multiplying by a number coprime to their count shuffles the kinds.
        reason, status, message, _ = kinds[number * 7 % len(kinds)]
        name = f"User {number}"
        yield make_letter(
            number,
            user_id=None if reason == "invalid_record" else str(10_000 + number),
            payload={
                "name": name,
                "email": f"user{number}@example.com",
                "ltv": number / 8,
                "plan": {"tier": "gold", "seats": number % 50, "addons": ["sms"]},
                "big": 9_007_199_254_740_993,
            },
            reason=reason,
            http_status=status,
            message=message,
            failed_at=_STARTED + timedelta(seconds=5400 * (number / count) ** 1.7),
        )


def put_dead_letters(program: Program, letters: Iterable[NewDeadLetter]) -> None:
    """Write letters to a program's queue, as a run would have."""
    config = program.configure()
    folder = queue_folder(read_config(str(config)), str(config), program.state)
    make_private_folder(program.state)
    make_private_folder(folder)
    with Store(folder) as store:
        store.begin_loads(
            [LoadIdentity(source="users.json", fingerprint=None, mapping="m")]
        ).loads[0]
        with store.queue.transaction() as tx:
            insert_dead_letters(tx, list(letters))
