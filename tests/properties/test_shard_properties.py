"""N shards are a partition: every record is in one of them, by its user."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.core.jobs import Record
from cio_pipeline.core.mapping import Mapper
from cio_pipeline.core.shard import Shard

ids: st.SearchStrategy[Any] = (
    st.text(max_size=200) | st.integers() | st.none() | st.booleans() | st.just({})
)
values = st.fixed_dictionaries({"id": ids}) | st.just({}) | st.text() | st.none()


@given(values=st.lists(values, max_size=30), count=st.integers(1, 50))
def test_every_record_is_in_exactly_one_shard(values: list[Any], count: int) -> None:
    """None is lost, sent twice, or a dead letter of two shards."""
    mapper = Mapper("id", [])
    shards = [Shard(index, count) for index in range(count)]

    for index, value in enumerate(values):
        record = Record(index, value)
        assert sum(shard.takes(record, mapper) for shard in shards) == 1


@given(
    user_id=st.text(min_size=1, max_size=30).filter(str.strip),  # blank: not usable
    indexes=st.lists(st.integers(0, 10**9), min_size=2, max_size=5),
    count=st.integers(1, 50),
)
def test_a_users_records_are_all_in_one_shard(
    user_id: str, indexes: list[int], count: int
) -> None:
    """So one queue keeps their order."""
    mapper = Mapper("id", [])
    taking = {
        shard
        for index in indexes
        for shard in range(count)
        if Shard(shard, count).takes(Record(index, {"id": user_id}), mapper)
    }

    assert len(taking) == 1
