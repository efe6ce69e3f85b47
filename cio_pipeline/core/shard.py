"""Shards: parts of a data file's users, for several runs at the same time. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from cio_pipeline.core.errors import RecordError, UsageError
from cio_pipeline.core.identifiers import Identity
from cio_pipeline.core.jobs import Record

MOST_SHARDS = 10_000
_SHAPE = re.compile(r"(\d{1,5})/(\d{1,5})", re.ASCII)
_EXPECTED = "expected I/N, counted from 0, such as 0/3, 1/3 and 2/3 for three shards"


class Namer(Protocol):
    """An object that knows whom a record is about."""

    def identity_in(self, record: Record) -> Identity:
        """Return whom it is about, or raise `RecordError`."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Part ``index``, from 0, of ``count`` parts."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    @property
    def is_whole(self) -> bool:
        """Whether there is only this shard."""
        return self.count == 1

    def takes(self, record: Record, namer: Namer) -> bool:
        """Return whether a record belongs to this shard.

        All records of a user belong to one shard, so that they keep their order. A
        record without a usable id is assigned by its index, so that exactly one
        shard makes a dead letter of it.
        """
        if self.count == 1:
            return True
        try:
            part = shard_of(namer.identity_in(record), self.count)
        except RecordError:
            part = record.record_index % self.count
        return part == self.index


WHOLE = Shard(0, 1)


def shard_of(user: Identity, count: int) -> int:
    """Return the index of a user's shard, of ``count`` shards.

    It is the BLAKE2b digest (RFC 7693, digest size 8) of the identifier in UTF-8
    (emails ignore case), as a big-endian number, modulo ``count``. It is the same on
    every machine and must never change: the queues of shards depend on it.
    """
    digest = blake2b(user.value.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % count


def parse_shard(text: str) -> Shard:
    """Read ``I/N``.

    Raises:
        UsageError: it has another form, or there is no such shard.
    """
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise UsageError(f"-shard {text!r} is not a shard; {_EXPECTED}")
    index, count = int(found[1]), int(found[2])
    if not 1 <= count <= MOST_SHARDS:
        raise UsageError(f"-shard {text!r}: expected 1 to {MOST_SHARDS:,} shards")
    if index >= count:
        raise UsageError(
            f"-shard {text!r}: shards count from 0, so the last of {count} is"
            f" {count - 1}/{count}"
        )
    return Shard(index, count)
