"""Which options shards get."""

from __future__ import annotations

from pathlib import Path

import pytest

from cio_pipeline.cli.parser import parse_arguments
from cio_pipeline.commands.sync.cluster.passed_options import (
    check_options,
    data_of,
    words_of,
)
from cio_pipeline.core.errors import UsageError

BASE = ["-config", "c.json", "-data", "d.csv"]
CLUSTER = [*BASE, "-cluster", "tcp://host:8786", "-shards", "4"]


def test_a_shard_reads_the_same_data_in_the_same_way() -> None:
    """Its command line has the same meaning in any folder."""
    options = ["-delimiter", "tab", "-changed-only", "-max-dead-letters", "2%"]
    words = words_of(parse_arguments([*CLUSTER, *options]))

    again = parse_arguments(["-config", "c.json", *words])
    assert again.data == [str(Path("d.csv").absolute())]
    assert (again.delimiter, again.changed_only) == ("\t", True)
    assert again.max_dead_letters.text == "2%"
    assert again.yes


def test_a_cluster_needs_a_number_of_shards() -> None:
    """Neither has a default that would be right."""
    for options in (["-cluster", "local"], ["-shards", "3"]):
        with pytest.raises(UsageError, match="belong together"):
            check_options(parse_arguments([*BASE, *options]))
    check_options(parse_arguments(CLUSTER))


@pytest.mark.parametrize("address", ["scheduler", "http://host:8786", "tcp://host", ""])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """Before Dask tries for ten seconds."""
    arguments = parse_arguments([*BASE, "-cluster", address, "-shards", "2"])

    with pytest.raises(UsageError, match="such as tcp://scheduler:8786"):
        check_options(arguments)


@pytest.mark.parametrize(
    "options",
    [
        ["-shard", "0/4"],
        ["-metrics", "x.prom"],
        ["-notify", "https://example.com"],
        ["-database", "sqlite:x"],
    ],
)
def test_options_of_one_process_are_refused(options: list[str]) -> None:
    """Silently ignoring one would be worse."""
    with pytest.raises(UsageError, match="exclude each other"):
        check_options(parse_arguments([*CLUSTER, *options]))


def test_an_address_of_data_is_no_path() -> None:
    """A worker opens it as it was written; Dask's pages must not show a password."""
    address = "s3://bucket/users.jsonl"
    arguments = parse_arguments(["-config", "c.json", "-data", address, *CLUSTER[4:]])
    secret = parse_arguments(
        ["-config", "c.json", "-data", "https://u:pass@h/users.csv", *CLUSTER[4:]]
    )

    check_options(arguments)
    assert data_of(arguments) == (address,)
    assert address in words_of(arguments)
    with pytest.raises(UsageError) as caught:
        check_options(secret)
    assert "pass@" not in str(caught.value)
