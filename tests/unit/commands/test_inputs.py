"""What a command line names: the configuration, the data, the queue."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest

from cio_pipeline.commands.inputs import (
    file_rules,
    has_data,
    open_data,
    read_config_for_shard,
)
from cio_pipeline.core.config_files import FileRules
from cio_pipeline.core.errors import ConfigError, DataFileError, UsageError
from cio_pipeline.core.shard import WHOLE, Shard

DOCUMENT = {
    "parallelism": 1,
    "userId": "id",
    "mappings": [{"from": "a", "to": "a"}],
    "requestsPerSecond": 900,
    "usersPerSecond": 90,
}


NOTHING: dict[str, object] = dict.fromkeys(
    (
        *("data", "format", "member", "sheet", "query", "database"),
        *("records", "delimiter", "encoding"),
    )
)


@pytest.mark.parametrize(("shard", "rate"), [(WHOLE, 900), (Shard(1, 3), 300)])
def test_shards_share_the_rate(tmp_path: Path, shard: Shard, rate: float) -> None:
    """Customer.io's limit is that of the workspace, not of a process."""
    path = tmp_path / "c.json"
    path.write_text(json.dumps(DOCUMENT), "utf-8")

    config = read_config_for_shard(Namespace(config=str(path), shard=shard))

    assert config.requests_per_second == rate
    assert config.users_per_second == rate / 10


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """As it was typed."""
    missing = str(tmp_path / "none.json")

    with pytest.raises(ConfigError, match=missing):
        read_config_for_shard(Namespace(config=missing, shard=WHOLE))
    with pytest.raises(DataFileError, match=missing):
        open_data(Namespace(**NOTHING | {"data": [missing]}))


def test_the_format_that_was_named_counts(tmp_path: Path) -> None:
    """Whatever the file's name says."""
    path = tmp_path / "export.txt"
    path.write_text("id\n1\n", "utf-8")

    given = NOTHING | {"data": [str(path)], "format": "csv"}
    with open_data(Namespace(**given)) as inputs:
        assert [record.value for record in inputs.records()] == [{"id": "1"}]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "sync needs -data FILE, or -query SQL -database ADDRESS"),
        ({"database": "sqlite:a"}, "sync needs -data FILE, or -query"),
        ({"data": ["a"], "database": "sqlite:a"}, "-database needs -query SQL"),
        ({"data": ["a"], "query": "SELECT 1"}, "-data and -query exclude each other"),
        ({"format": "csv", "query": "SELECT 1"}, "-format and -query exclude each"),
    ],
)
def test_there_is_one_kind_of_data(given: dict[str, object], problem: str) -> None:
    """Which of two would be synced?"""
    arguments = Namespace(command="sync", **NOTHING | given)

    assert has_data(arguments) == ({*given} != {"database"} and given != {})
    with pytest.raises(UsageError, match=problem):
        open_data(arguments)


def test_options_of_the_form_have_priority_over_the_configuration() -> None:
    """They are about this file."""
    options = NOTHING | {"delimiter": ";"}

    rules = file_rules(Namespace(**options), FileRules(delimiter="|", records="a"))

    assert rules == FileRules(delimiter=";", records="a")
