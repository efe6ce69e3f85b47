"""The digest that identifies a user in the tables, in Python and in SQL."""

from __future__ import annotations

import sqlite3
from hashlib import blake2b

from cio_pipeline.core.identifiers import identity_of

DIGEST_BYTES = 12  # with 10**9 users, the odds of a collision are 1 in 10**11


def digest_of(raw: bytes) -> bytes:
    """Return the digest of some bytes."""
    return blake2b(raw, digest_size=DIGEST_BYTES).digest()


def user_digest(user_id: str) -> bytes:
    """Return the digest of a user, which is equal for all spellings of an email."""
    if "@" not in user_id:  # it is only equal to itself
        return digest_of(user_id.encode("utf-8", "surrogatepass"))
    return digest_of(identity_of(user_id).as_bytes())


def define_user_digest(connection: sqlite3.Connection) -> None:
    """Add the SQL function ``user_digest``; for NULL it returns NULL."""
    connection.create_function("user_digest", 1, _digest_or_null, deterministic=True)


def _digest_or_null(user_id: str | None) -> bytes | None:
    return None if user_id is None else user_digest(user_id)
