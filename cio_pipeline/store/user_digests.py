"""The digests of users and of what they were sent, in Python and in SQL."""

from __future__ import annotations

import sqlite3
from hashlib import blake2b

from cio_pipeline.core.identifiers import Identity
from cio_pipeline.core.jobs import Job, NewJob
from cio_pipeline.core.operations import identity_for, operation_of

DIGEST_BYTES = 12  # with 10**9 users, the odds of a collision are 1 in 10**11


def digest_of(raw: bytes) -> bytes:
    """Return the digest of some bytes."""
    return blake2b(raw, digest_size=DIGEST_BYTES).digest()


def user_digest(user: Identity) -> bytes:
    """Return the digest of a user, which is equal for all spellings of an email."""
    return digest_of(user.as_bytes())


def digest_of_user(job: Job | NewJob) -> bytes:
    """Return the digest of a job's user."""
    if job.code is None and "@" not in job.user_id:  # it is only equal to itself
        return digest_of(job.user_id.encode("utf-8", "surrogatepass"))
    return user_digest(job.identity)


def payload_digest(job: Job | NewJob) -> bytes:
    """Return the digest of what a job sends; an action equals no payload."""
    if job.code is None or job.operation.action == "upsert":
        return digest_of(job.body)
    return digest_of(job.operation.action.encode())


def define_user_digest(connection: sqlite3.Connection) -> None:
    """Add the SQL functions of jobs and dead letters to a connection.

    ``user_digest(user_id, operation)`` is NULL for NULL. ``is_user(user_id,
    operation, text)`` is whether a text identifies that user.
    """
    connection.create_function("user_digest", 2, _digest_or_null, deterministic=True)
    connection.create_function("is_user", 3, _is_user, deterministic=True)


def _digest_or_null(user_id: str | None, operation: str | None) -> bytes | None:
    if user_id is None:
        return None
    return user_digest(identity_for(operation, user_id))


def _is_user(user_id: str | None, operation: str | None, text: str) -> bool:
    user = operation_of(operation)
    return user_id is not None and user.identity(user_id) == user.identity(text)
