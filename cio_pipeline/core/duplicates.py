"""Users that repeat in a file, or share an identifier, in little memory. Pure."""

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
    """Counts users by an 8-byte hash of their identities: 8 bytes a record.

    Two of ten million different users share a hash once in 300,000 files.
    """

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(_BUCKETS)]

    def add(self, person: Identity) -> int:
        """Note a record of a user; return the user's hash."""
        number = hash_of(person)
        self._buckets[number % _BUCKETS].append(number)
        return number

    def count_users(self) -> int:
        """How many different users there are."""
        return sum(len(set(bucket)) for bucket in self._buckets)

    def count_repeated(self) -> int:
        """How many users came more than once."""
        return sum(
            sum(n > 1 for n in Counter(bucket).values()) for bucket in self._buckets
        )

    def in_bucket(self, bucket: int) -> set[int]:
        """Return the hashes of the users in one of the buckets."""
        return set(self._buckets[bucket])

    def repeated(self) -> dict[int, int]:
        """The hashes of users that came more than once, and how often they came."""
        found: dict[int, int] = {}
        for bucket in self._buckets:  # one at a time: a counter of all were large
            counts = Counter(bucket)
            found.update((number, n) for number, n in counts.items() if n > 1)
        return found


class Shared(NamedTuple):
    """Users that have an identifier in common with another.

    Args:
        users: how many they are.
        examples: for the first few such identifiers, the places in the file of the
            first records that have it, of a few different users.
    """

    users: int
    examples: list[tuple[int, ...]]


class Claims:
    """Identifiers that payloads have in an attribute, ``email`` or ``id``.

    It keeps 20 bytes a record: hashes of identifier and user, and the place.
    """

    def __init__(self) -> None:
        self._identifiers = [array("Q") for _ in range(_BUCKETS)]
        self._users = [array("I") for _ in range(_BUCKETS)]
        self._places = [array("Q") for _ in range(_BUCKETS)]

    def add(self, claimed: Identity, user: Identity, record_index: int) -> None:
        """Note that a user's record has an identifier besides the user's own."""
        number = hash_of(claimed)
        bucket = number % _BUCKETS
        self._identifiers[bucket].append(number)
        # Half a hash is enough to tell users of one identifier apart.
        self._users[bucket].append(hash_of(user) & _LOW_32_BITS)
        self._places[bucket].append(record_index)

    def shared(self, users: Duplicates) -> Shared:
        """Return who has an identifier that is another's.

        Args:
            users: all users of the file; one that is known by an identifier has it.
        """
        count = 0
        examples: list[tuple[int, ...]] = []
        for bucket in range(_BUCKETS):
            owners = users.in_bucket(bucket)
            for number, places in self._claimed_in(bucket, owners):
                sharing = len(places) + (number in owners)
                if sharing > 1:
                    count += sharing
                    examples.append(tuple(places[:_MOST_RECORDS_OF_AN_EXAMPLE]))
            examples = sorted(examples)[:_MOST_EXAMPLES]
        return Shared(count, examples)

    def _claimed_in(
        self, bucket: int, owners: set[int]
    ) -> Iterator[tuple[int, list[int]]]:
        """Yield identifiers that may be shared, each with a first place a user."""
        counts = Counter(self._identifiers[bucket])
        first_places: dict[int, dict[int, int]] = defaultdict(dict)
        for number, user, place in zip(
            self._identifiers[bucket],
            self._users[bucket],
            self._places[bucket],
            strict=True,
        ):
            if counts[number] > 1 or number in owners:
                first_places[number].setdefault(user, place)
        for number, places in first_places.items():
            yield number, list(places.values())


def hash_of(person: Identity) -> int:
    """Return a person's hash; it is the same in every process, on every machine."""
    return int.from_bytes(blake2b(person.as_bytes(), digest_size=8).digest(), "big")
