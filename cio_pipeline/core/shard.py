"""One of N parts of a data file's users, for N runs beside each other. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from cio_pipeline.core.errors import RecordError, UsageError
from cio_pipeline.core.identifiers import identity_of
from cio_pipeline.core.jobs import Record

MOST_SHARDS = 10_000
_SHAPE = re.compile(r"(\d{1,5})/(\d{1,5})", re.ASCII)
_WANTED = "wanted I/N, counted from 0: -shard 0/3, -shard 1/3 and -shard 2/3 are all"


class Namer(Protocol):
    """Who knows whose record it is."""

    def user_id_of(self, record: Record) -> str:
        """Name the user, or raise `RecordError`."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The part number ``index``, from 0, of ``count`` parts."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    @property
    def is_whole(self) -> bool:
        """Whether this is all there is."""
        return self.count == 1

    def takes(self, record: Record, namer: Namer) -> bool:
        """Whether a record is this shard's.

        A user's records all go to one shard, so that they keep their order. A
        record without a usable id goes by its place, so that one shard and no
        other makes a dead letter of it.
        """
        if self.count == 1:
            return True
        try:
            part = shard_of(namer.user_id_of(record), self.count)
        except RecordError:
            part = record.record_index % self.count
        return part == self.index


WHOLE = Shard(0, 1)


def shard_of(user_id: str, count: int) -> int:
    """Say which of ``count`` shards a user is in.

    The first eight bytes of BLAKE2b (RFC 7693, digest size 8) of the id in UTF-8
    (of an email, without regard to case), read as a big-endian number, modulo
    ``count``. It is the same on every machine and must stay so: each shard's queue
    and what it remembers depend on it.
    """
    digest = blake2b(identity_of(user_id).value.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % count


def parse_shard(text: str) -> Shard:
    """Read ``I/N``.

    Raises:
        UsageError: it is something else, or there is no such shard.
    """
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise UsageError(f"-shard {text!r} is no shard; {_WANTED}")
    index, count = int(found[1]), int(found[2])
    if not 1 <= count <= MOST_SHARDS:
        raise UsageError(f"-shard {text!r}: wanted 1 to {MOST_SHARDS:,} shards")
    if index >= count:
        raise UsageError(
            f"-shard {text!r}: shards count from 0, so the last of {count} is"
            f" {count - 1}/{count}"
        )
    return Shard(index, count)
