"""What a sync would do, found by reading the data alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.commands.check.findings import (
    Findings,
    check_data,
    estimated_seconds,
    look_at_keys,
)
from cio_pipeline.commands.check.warnings import PayloadWarning
from cio_pipeline.core.config import Config
from cio_pipeline.core.config_mappings import Mapping
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.core.shard import Shard
from cio_pipeline.source import find_inputs

CONFIG = Config(
    parallelism=25,
    user_id="id",
    mappings=(Mapping("name", "name"), Mapping("mail", "email")),
)
NOON = 1_795_521_600.0  # 2026-11-24


def check(
    content: bytes, folder: Path, config: Config = CONFIG, **options: Any
) -> Findings:
    """Check a data file."""
    path = folder / "data.json"
    path.write_bytes(content)
    with find_inputs([str(path)], ReadOptions()) as source:
        return check_data(config, source, now_seconds=NOON, **options)


def check_records(
    records: list[Any], folder: Path, config: Config = CONFIG, **options: Any
) -> Findings:
    """Check records."""
    return check(json.dumps(records).encode(), folder, config, **options)


def test_records_users_and_requests_are_counted(tmp_path: Path) -> None:
    """Three records of two users, one of which cannot be sent."""
    records = [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}, {"id": 2}, {"name": "c"}]

    found = check_records(records, tmp_path)

    assert (found.records, found.users, found.requests) == (4, 2, 3)
    assert found.invalid_records == 1
    assert [each.first_index for each in found.invalid.values()] == [3]
    assert found.warnings[PayloadWarning("user_repeated")].count == 1


def test_a_batch_needs_fewer_requests(tmp_path: Path) -> None:
    """As many as its bytes fill."""
    records = [{"id": n, "name": "x" * 900} for n in range(1100)]

    found = check_records(records, tmp_path, replace(CONFIG, api="batch"))

    assert found.requests == 3


def test_a_file_that_breaks_shows_what_was_found_before(tmp_path: Path) -> None:
    """The break is a finding among others, not the end of the check."""
    found = check(b'[{"id": 1, "name": "a"}, {"id": ', tmp_path)

    assert isinstance(found.broken, DataFileError)
    assert (found.records, found.users) == (1, 1)


def test_a_key_that_no_record_has_is_named_with_the_one_meant(tmp_path: Path) -> None:
    """The mapping would do nothing, silently."""
    found = check_records([{"id": 1, "nmae": "a", "mail": "a@x.io"}], tmp_path)

    assert found.unused == {"name": "nmae"}


def test_without_a_usable_record_no_mapping_is_called_unused(tmp_path: Path) -> None:
    """What is wrong is the user id; the mappings were not looked at."""
    found = check_records([{"name": "a"}], tmp_path)

    assert found.unused == {}


def test_an_email_of_two_users_is_shown_with_its_records(tmp_path: Path) -> None:
    """Customer.io keeps it for one of them."""
    records = [{"id": n, "mail": mail} for n, mail in enumerate(["a@x.io", "A@x.io"])]

    found = check_records(records, tmp_path)

    shared = found.warnings[PayloadWarning("email_of_another")]
    assert (shared.count, shared.examples) == (2, [(0, 1)])


def test_a_user_shares_no_email_with_itself(tmp_path: Path) -> None:
    """The same address as user id and as attribute, in another case."""
    found = check_records([{"id": "a@x.io", "mail": "A@x.io"}], tmp_path)

    assert PayloadWarning("email_of_another") not in found.warnings


def test_a_warning_shows_a_few_values_once_and_short(tmp_path: Path) -> None:
    """Enough to recognise them; a report, not a copy of the file."""
    names = ["x" * 2000, "x" * 2000, "y" * 2000, "z" * 2000, "w" * 2000]
    records = [{"id": n, "name": name} for n, name in enumerate(names)]

    warning = check_records(records, tmp_path).warnings[
        PayloadWarning("value_too_long", "name")
    ]

    assert (warning.count, warning.first_index) == (5, 0)
    assert [value[0] for value in warning.values] == ["x", "y", "z"]
    assert {len(value) for value in warning.values} == {40}


def test_a_shard_checks_its_own_users(tmp_path: Path) -> None:
    """As its sync would send them."""
    records = [{"id": n} for n in range(50)]

    parts = [
        check_records(records, tmp_path, shard=Shard(index, 2)).records
        for index in (0, 1)
    ]

    assert sum(parts) == 50
    assert min(parts) > 0


@pytest.mark.parametrize(
    ("parallelism", "rate", "seconds"),
    [(25, 1000, 3.2), (1000, 1000, 1.0), (25, 10, 100.0), (25, 0, 3.2)],
)
def test_the_time_is_that_of_the_rate_or_of_the_threads(
    parallelism: int, rate: float, seconds: float
) -> None:
    """Whichever is slower; an answer takes 80 ms."""
    config = replace(CONFIG, parallelism=parallelism, requests_per_second=rate)

    assert estimated_seconds(config, 1000, 1000) == pytest.approx(seconds)


def test_the_time_is_at_least_that_of_the_users() -> None:
    """A few bodies of many users can take long with `usersPerSecond`."""
    config = replace(CONFIG, api="batch", users_per_second=50.0)

    assert estimated_seconds(config, 3, 1000) == 20.0


def test_the_keys_of_a_broken_file_are_those_before_the_break(tmp_path: Path) -> None:
    """`check -suggest` needs no complete file; but it needs one record."""
    path = tmp_path / "data.json"
    path.write_bytes(b'[{"id": 1}, {"id"')
    with find_inputs([str(path)], ReadOptions()) as source:
        assert list(look_at_keys(source).keys) == ["id"]

    path.write_bytes(b'[{"id"')
    with (
        find_inputs([str(path)], ReadOptions()) as source,
        pytest.raises(DataFileError),
    ):
        look_at_keys(source)
