"""Users that appear twice in a file or share an identifier. Pure."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from cio_pipeline.core.identifiers import Identity

_BUCKETS = 256
_MOST_EXAMPLES = 3
_MOST_RECORDS_OF_AN_EXAMPLE = 3
_LOW_32_BITS = 0xFFFFFFFF


class Duplicates:
    """Counts users by a hash of their identities: 8 bytes of memory per record.

    With ten million users, two of them share a hash in 1 of 300,000 files.
    """

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(_BUCKETS)]

    def add(self, person: Identity) -> int:
        """Count a record of a user; return the user's hash."""
        number = hash_of(person)
        self._buckets[number % _BUCKETS].append(number)
        return number

    def __contains__(self, person: Identity) -> bool:
        number = hash_of(person)
        return number in self._buckets[number % _BUCKETS]

    def count_users(self) -> int:
        """How many different users there are."""
        return sum(len(set(bucket)) for bucket in self._buckets)

    def count_repeated(self) -> int:
        """How many users have more than one record."""
        return sum(
            sum(n > 1 for n in Counter(bucket).values()) for bucket in self._buckets
        )

    def in_bucket(self, bucket: int) -> set[int]:
        """Return the hashes of the users in one bucket."""
        return set(self._buckets[bucket])

    def repeated(self) -> dict[int, int]:
        """Return hash -> number of records, for users that have more than one."""
        found: dict[int, int] = {}
        for bucket in self._buckets:  # one counter for all would be too large
            counts = Counter(bucket)
            found.update((number, n) for number, n in counts.items() if n > 1)
        return found


class Shared(NamedTuple):
    """Users that share an identifier with another user.

    Args:
        users: how many there are.
        examples: for each of the first shared identifiers, the record indexes of a
            few different users.
    """

    users: int
    examples: list[tuple[int, ...]]


class Claims:
    """Identifiers that payloads have in an attribute, ``email`` or ``id``.

    It keeps 20 bytes per record: hashes of identifier and user, and the index.
    """

    def __init__(self) -> None:
        self._identifiers = [array("Q") for _ in range(_BUCKETS)]
        self._users = [array("I") for _ in range(_BUCKETS)]
        self._indexes = [array("Q") for _ in range(_BUCKETS)]

    def add(self, claimed: Identity, user: Identity, record_index: int) -> None:
        """Add an identifier of a record, apart from the user id itself."""
        number = hash_of(claimed)
        bucket = number % _BUCKETS
        self._identifiers[bucket].append(number)
        # Half a hash is enough to distinguish the users of one identifier.
        self._users[bucket].append(hash_of(user) & _LOW_32_BITS)
        self._indexes[bucket].append(record_index)

    def shared(self, users: Duplicates) -> Shared:
        """Return the users that share an identifier.

        Args:
            users: all users of the file; a user id counts as an identifier, too.
        """
        count = 0
        examples: list[tuple[int, ...]] = []
        for bucket in range(_BUCKETS):
            owners = users.in_bucket(bucket)
            for number, indexes in self._claimed_in(bucket, owners):
                sharing = len(indexes) + (number in owners)
                if sharing > 1:
                    count += sharing
                    examples.append(tuple(indexes[:_MOST_RECORDS_OF_AN_EXAMPLE]))
            examples = sorted(examples)[:_MOST_EXAMPLES]
        return Shared(count, examples)

    def _claimed_in(
        self, bucket: int, owners: set[int]
    ) -> Iterator[tuple[int, list[int]]]:
        """Yield identifiers that may be shared, each with every user's first index."""
        counts = Counter(self._identifiers[bucket])
        first_indexes: dict[int, dict[int, int]] = defaultdict(dict)
        for number, user, index in zip(
            self._identifiers[bucket],
            self._users[bucket],
            self._indexes[bucket],
            strict=True,
        ):
            if counts[number] > 1 or number in owners:
                first_indexes[number].setdefault(user, index)
        for number, indexes in first_indexes.items():
            yield number, list(indexes.values())


def hash_of(person: Identity) -> int:
    """Return a person's hash, which is the same on every machine."""
    return int.from_bytes(blake2b(person.as_bytes(), digest_size=8).digest(), "big")
