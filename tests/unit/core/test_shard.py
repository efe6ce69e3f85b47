"""Which shard a record is in, and how `-shard` is read."""

from __future__ import annotations

import pytest

from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.identifiers import identity_of
from cio_pipeline.core.jobs import Record
from cio_pipeline.core.mapping import Mapper
from cio_pipeline.core.shard import WHOLE, Shard, parse_shard, shard_of


@pytest.mark.parametrize(
    ("user_id", "shards"),
    [
        ("1", [0, 2, 0, 910]),
        ("42", [0, 0, 8, 738]),
        ("ada@example.com", [1, 2, 9, 399]),
        ("Ada@Example.COM", [1, 2, 9, 399]),
        ("ü/☃", [0, 1, 8, 188]),
    ],
)
def test_a_users_shard_never_changes(user_id: str, shards: list[int]) -> None:
    """Shards' queues depend on it: with other numbers, records lose their order."""
    user = identity_of(user_id)

    assert [shard_of(user, count) for count in (2, 3, 10, 1000)] == shards


@pytest.mark.parametrize(
    ("text", "shard"),
    [("0/1", WHOLE), ("0/3", Shard(0, 3)), ("9999/10000", Shard(9999, 10_000))],
)
def test_a_shard_is_read_as_it_is_written(text: str, shard: Shard) -> None:
    """`I/N`, from 0."""
    assert parse_shard(text) == shard
    assert str(shard) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3/3", "count from 0, so the last of 3 is 2/3"),
        ("0/0", "1 to 10,000 shards"),
        ("0/10001", "1 to 10,000 shards"),
        ("1", "I/N"),
        ("", "I/N"),
        ("/3", "I/N"),
        ("-1/3", "I/N"),
        ("1/3/5", "I/N"),
        ("\u0660/\u0663", "I/N"),
    ],
)
def test_an_invalid_shard_is_refused(text: str, words: str) -> None:
    """If a scheduler left an index empty, nothing else may be synced."""
    with pytest.raises(UsageError, match="-shard") as refused:
        parse_shard(text)

    assert words in str(refused.value)


def test_a_number_and_its_text_are_one_user() -> None:
    """They are one id for Customer.io; in two shards, their order would be lost."""
    mapper = Mapper("id", [])
    for shard in (Shard(0, 2), Shard(1, 2)):
        as_number = shard.takes(Record(0, {"id": 7}), mapper)
        as_text = shard.takes(Record(5, {"id": "7"}), mapper)
        assert as_number == as_text
