"""The configuration that is suggested for records."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cio_pipeline.commands.check.suggestion import UNNAMED, SeenKeys
from cio_pipeline.core.config_files import FileRules
from cio_pipeline.core.config_mappings import Mapping
from cio_pipeline.core.jobs import Payload, Record
from cio_pipeline.core.mapping import Mapper


def looked_at(*records: dict[str, Any], is_text: bool = False) -> SeenKeys:
    """Look at records; of a CSV file if all is text."""
    seen = SeenKeys(is_text=is_text)
    for record in records:
        seen.add(record)
    return seen


def mappings_for(*records: dict[str, Any], is_text: bool = False) -> dict[str, Any]:
    """Return each suggested mapping's type by its ``from``."""
    mappings: Any = looked_at(*records, is_text=is_text).configuration()["mappings"]
    return {each["from"]: each.get("type") for each in mappings}


def column(name: str, *texts: str) -> str | None:
    """Return the type that is suggested for a column of a CSV file."""
    rows = [{"id": str(n), name: text} for n, text in enumerate(texts)]
    suggested: str | None = mappings_for(*rows, is_text=True)[name]
    return suggested


def test_what_mongoexport_writes_can_be_synced_as_suggested() -> None:
    """Ids, times, and numbers are objects there that name their type."""
    records: list[Any] = [
        {
            "_id": {"$oid": "65a000000000000000000001"},
            "created": {"$date": "2020-01-01T00:00:00Z"},
            "born": {"$date": {"$numberLong": "-86400000"}},
            "logins": {"$numberInt": "5"},
            "ltv": {"$numberDecimal": "1.50"},
            "score": {"$numberDouble": "2.0"},
            "plan": {"name": "pro"},
        },
        {
            "_id": {"$oid": "65a000000000000000000002"},
            "created": {"$date": {"$numberLong": "1577836800000"}},
            "born": None,
            "logins": {"$numberLong": "5000000000"},
            "ltv": {"$numberDecimal": "2"},
            "score": 2.5,
            "plan": {"name": "free"},
        },
    ]

    configuration: Any = looked_at(*records).configuration()

    assert configuration["userId"] == "_id.$oid"
    mapper = Mapper(
        configuration["userId"],
        [
            Mapping(each["from"], each["to"], each.get("type", "as_is"))
            for each in configuration["mappings"]
        ],
    )
    payloads = [mapper.map(Record(n, each)) for n, each in enumerate(records)]
    assert payloads == [
        Payload(
            "65a000000000000000000001",
            {"created": 1577836800, "born": -86400, "logins": 5, "ltv": 1.5}
            | {"score": 2.0, "plan_name": "pro"},
        ),
        Payload(
            "65a000000000000000000002",
            {"created": 1577836800, "born": None, "logins": 5000000000, "ltv": 2}
            | {"score": 2.5, "plan_name": "free"},
        ),
    ]


def test_an_object_that_only_looks_like_mongos_keeps_its_parts() -> None:
    """A wrong type would make a dead letter of each record."""
    records: tuple[Any, ...] = (
        {"id": 1, "a": {"$date": "soon"}, "b": {"$numberLong": "1", "unit": "m"}},
        {"id": 2, "a": {"$date": "late"}, "b": {"$numberLong": "2", "unit": "m"}},
    )

    assert mappings_for(*records) == {
        "a.$date": None,
        "b.$numberLong": None,
        "b.unit": None,
    }


@pytest.mark.parametrize(
    ("records", "user_id"),
    [
        ([{"id": "", "email": "a"}, {"id": "1", "email": "b"}], "email"),
        (
            [{"id": " ", "account_id": "7"}, {"id": "1", "account_id": "8"}],
            "account_id",
        ),
        ([{"id": None, "user_id": 1}, {"id": 2, "user_id": 2}], "user_id"),
        ([{"id": "", "plan": "a"}, {"id": "1", "plan": "b"}], "id"),
        ([{"id": "1"}, {"plan": "b"}], "id"),
        ([{"_id": {"$oid": "a"}, "email": "a"}], "_id.$oid"),
        ([{"_id": {"$oid": "a"}}, {"_id": {"$oid": "b"}, "email": "b"}], "_id.$oid"),
        ([{"account_id": {"$oid": "a"}, "plan": "a"}], "account_id.$oid"),
        ([{"id": {"a": 1, "b": 2}, "plan": "x"}], None),
        ([{"id": {"a": 1, "b": 2}, "plan": "x", "email": "a"}], "email"),
        ([{"id": 1.5}], None),
    ],
    ids=str,
)
def test_the_user_id_is_one_that_every_record_has(
    records: list[dict[str, Any]], user_id: str | None
) -> None:
    """A column with empty cells makes dead letters; an object makes nothing else."""
    assert looked_at(*records).user_id() == user_id


def test_a_user_id_is_always_a_key_of_the_data() -> None:
    """A name that no record has would make a dead letter of each."""
    configuration = looked_at({"plan": "a", "code": "1"}, {"plan": "a", "code": "2"})

    assert configuration.user_id() is None
    assert configuration.configuration()["userId"] == "code"


def test_what_dynamo_exports_can_be_synced_as_suggested() -> None:
    """Each value names its type there."""
    record: Any = {
        "Item": {
            "id": {"S": "u-1"},
            "logins": {"N": "12"},
            "score": {"N": "1.5"},
            "vip": {"BOOL": True},
            "gone": {"NULL": True},
            "tags": {"SS": ["a"]},
            "profile": {"M": {"city": {"S": "Oslo"}}},
            "list": {"L": [{"S": "a"}]},
        }
    }

    seen = looked_at(record)

    assert seen.user_id() == "Item.id.S"
    assert mappings_for(record) == {
        "Item.logins.N": "integer",
        "Item.score.N": "number",
        "Item.vip.BOOL": None,
        "Item.tags.SS": None,
        "Item.profile.M.city.S": None,
    }


def test_lists_of_names_and_values_become_paths() -> None:
    """Cognito has all attributes in one."""
    record: Any = {
        "Username": "ada",
        "Attributes": [
            {"Name": "sub", "Value": "1"},
            {"Name": "email", "Value": "ada@example.com"},
        ],
        "tags": ["a"],
    }

    assert mappings_for(record) == {
        "Username": None,
        "Attributes.sub": None,
        "tags": None,
    }
    assert looked_at(record).user_id() == "Attributes.email"


def test_words_for_null_are_named_in_the_suggestion() -> None:
    """With them, the other values of the column show its type."""
    seen = looked_at(
        {"id": "1", "score": "5", "name": "NULL"},
        {"id": "2", "score": "(null)", "name": "Bo"},
        is_text=True,
    )

    configuration: Any = seen.configuration()

    assert configuration["nulls"] == ["(null)", "NULL"]
    assert configuration["mappings"][0]["type"] == "integer"
    assert "nulls" not in looked_at({"id": "NULL"}).configuration()


def test_how_the_file_was_read_is_a_part_of_the_suggestion() -> None:
    """The sync needs no options then."""
    rules = FileRules(delimiter=";", encoding="cp1252", columns=UNNAMED)
    seen = SeenKeys(is_text=True, rules=rules)
    seen.add({"column1": "1", "column2": "x"})

    configuration = seen.configuration()

    assert configuration["columns"] == ["column1", "column2"]
    assert (configuration["delimiter"], configuration["encoding"]) == (";", "cp1252")


@pytest.mark.parametrize(
    ("name", "texts", "kind"),
    [
        ("created_at", ["2024-01-31 12:30:00 UTC", ""], "timestamp"),
        ("created_at", ["1706704200", "1706704201"], "timestamp"),
        ("created_at", ["04/03/2021", "2024-01-31"], None),
        ("created_at", ["yesterday"], None),
        ("since", ["2024-01-31", "2024-02-31"], None),
        ("since", ["2024-01-31", "soon"], None),
        ("since", ["2024-01-31t12:30:00z", "0000-00-00"], "timestamp"),
        ("since", ["2024-01-31 12:30:00 +0000", " "], "timestamp"),
        ("seen_at", ["20240131123000", "20240131123001"], "timestamp"),
        ("seen_at", ["20240131", "20240201"], "timestamp"),
        ("seen_at", ["20240131", "20249999"], None),
        ("number", ["20240131", "20240201"], "integer"),
        ("vip", ["t", "f", ""], "boolean"),
        ("vip", ["y", "n"], "boolean"),
        ("vip", ["TRUE", "TRUE"], "boolean"),
        ("vip", ["on", "off"], "boolean"),
        ("gender", ["f", "f"], None),
        ("gender", ["f", "m"], None),
        ("answer", ["n", "no"], None),
    ],
)
def test_a_column_gets_a_type_that_all_its_values_fit(
    name: str, texts: list[str], kind: str | None
) -> None:
    """What does not fit would be a dead letter in the very file it was made from."""
    assert column(name, *texts) == kind


_CELLS = st.sampled_from(
    [
        "",
        " ",
        "t",
        "f",
        "yes",
        "1",
        "0",
        "1.0",
        "-0",
        "007",
        "2024-01-31",
        "0000-00-00",
        "2024-02-31",
        "20240131",
        "20240131123000",
        "1706704200000",
        "soon",
        "null",
        "-",
        "2024-01-31 12:30 UTC",
        "1e5",
        "1,5",
        "true",
        "9" * 20,
        "2016-12-31T23:59:60Z",
    ]
)


@given(st.lists(_CELLS, min_size=1, max_size=5), st.sampled_from(["created_at", "a"]))
def test_a_suggestion_fits_the_file_it_was_made_from(
    cells: list[str], name: str
) -> None:
    """Whatever is in a column: no record is refused for its type."""
    rows: list[Any] = [{"id": "7", name: cell} for cell in cells]
    kind: Any = mappings_for(*rows, is_text=True)[name] or "as_is"
    mapper = Mapper("id", [Mapping(name, name, kind)])

    assert len([mapper.map(Record(0, row)) for row in rows]) == len(cells)
