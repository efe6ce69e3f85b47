"""What the payloads have in each attribute."""

from __future__ import annotations

import random
from collections.abc import Iterable

from cio_pipeline.commands.check.attributes import AttributeFacts, Attributes
from cio_pipeline.core.config import Config
from cio_pipeline.core.config_mappings import Mapping
from cio_pipeline.core.jobs import JsonValue, Payload

CONFIG = Config(
    parallelism=1,
    user_id="id",
    mappings=(
        Mapping("never", "never"),
        Mapping("a", "a"),
        Mapping("at", "at", "timestamp"),
    ),
)


def place_of(position: int) -> tuple[str, int]:
    """Return the place of a record in two files."""
    return "part-2.json", position - 1000


def facts_of(values: Iterable[JsonValue], name: str = "a") -> AttributeFacts:
    """Return what is known about an attribute with these values."""
    attributes = Attributes(CONFIG, random.Random(1).random)
    for index, value in enumerate(values):
        attributes.add(Payload(str(index), {name: value}), b"", 0, index)
    (facts,) = attributes.facts(place_of)
    return facts


def test_types_are_counted_as_in_json() -> None:
    """True is not 1, and 1 is not "1"."""
    facts = facts_of([True, 1, "1", 1.0, 2.5, None, {"a": 1}, [1], [1], 1])

    assert facts.types == {
        "integer": 2,
        "number": 2,
        "list": 2,
        "boolean": 1,
        "text": 1,
        "null": 1,
        "object": 1,
    }
    assert (facts.records, facts.nulls) == (10, 1)
    assert facts.distinct == 7  # 1 and 1.0 are the same number
    assert facts.frequent[0] == {"value": 1, "records": 3}
    assert {"value": [1], "records": 2} in facts.frequent


def test_the_longest_text_is_shown_with_its_record() -> None:
    """In the middle of a thousand others, and cut."""
    values = [f"name {n}" for n in range(1500)]
    values[1234] = "é" * 100_000

    facts = facts_of(values)

    assert facts.longest is not None
    assert (facts.longest["source"], facts.longest["record"]) == ("part-2.json", 234)
    assert facts.longest["characters"] == 100_000
    assert len(facts.longest["begins"]) < 100


def test_values_over_the_limit_are_counted() -> None:
    """1,000 bytes, of text or of JSON."""
    long = ["x" * 1000, "x" * 1001, "é" * 501, ["x" * 996], ["x" * 997], {}]

    facts = facts_of(long)

    assert facts.over_limit == 3
    assert facts.distinct == 6


def test_long_values_that_begin_alike_are_different() -> None:
    """Only their beginnings are kept."""
    values: list[JsonValue] = ["x" * 500 + end for end in "aab"]
    values += [["x" * 500 + end] for end in "aab"]

    facts = facts_of(values)

    assert facts.distinct == 4
    assert [each["records"] for each in facts.frequent] == [2, 2]


def test_numbers_have_a_range_and_a_histogram() -> None:
    """Also integers that no float can hold."""
    facts = facts_of([10**400, *range(1, 100)])

    assert (facts.lowest, facts.median, facts.highest) == (1, 50, 99)
    assert facts.histogram_is_exact
    assert sum(each["records"] for each in facts.histogram) == 99
    assert not facts.is_time


def test_times_are_known_by_their_mapping() -> None:
    """And created_at always."""
    assert facts_of([1_800_000_000], "at").is_time
    assert facts_of([1_800_000_000], "created_at").is_time
    assert not facts_of(["yesterday"], "created_at").is_time


def test_attributes_are_in_the_order_of_the_mappings() -> None:
    """A rare attribute of the first record would move all others."""
    attributes = Attributes(CONFIG, random.Random(1).random)
    attributes.add(Payload("1", {"other": 1, "at": 1}), b"", 0, 0)
    attributes.add(Payload("2", {"a": 1}), b"", 0, 1)

    assert [each.name for each in attributes.facts(place_of)] == ["a", "at", "other"]


def test_a_lone_surrogate_is_a_value_like_others() -> None:
    """JSON can hold one, UTF-8 cannot."""
    assert facts_of(["\ud800", "\ud800" * 300, "a"]).distinct == 3
