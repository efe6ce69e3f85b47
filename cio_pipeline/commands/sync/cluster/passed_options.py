"""The options of a run on a cluster: what shards get, and what it cannot have."""

from __future__ import annotations

import argparse
from pathlib import Path

from cio_pipeline.core.data_address import is_address, without_secrets
from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.shard import MOST_SHARDS

_VALUES = (
    "format",
    "records",
    "delimiter",
    "encoding",
    "member",
    "sheet",
    "until",
    "log_level",
)
_FLAGS = ("changed_only", "failures")
_REFUSED = {
    "shard": "-cluster runs all shards",
    "missing": "a shard knows only its part of the people",
    "max_missing": "it is for -missing",
    "metrics": "its file is of one machine; watch `status -shard '*/N'` instead",
    "notify": "use the exit code",
    "database": "it has a password, which Dask would show; use the key 'database' in"
    " the configuration",
}


def check_options(arguments: argparse.Namespace) -> None:
    """Refuse options that a cluster cannot have.

    Raises:
        UsageError: there is one, or another one is missing.
    """
    if arguments.cluster is None or arguments.shards is None:
        raise UsageError(
            "-cluster ADDRESS and -shards N belong together: give both, or neither"
        )
    if arguments.shards > MOST_SHARDS:
        raise UsageError(f"-shards: expected at most {MOST_SHARDS:,}")
    _check_address(arguments.cluster)
    for name in arguments.data or ():
        if without_secrets(name) != name:
            raise UsageError(
                f"-data {without_secrets(name)}: its user or query may be secret, and"
                " Dask would show it; use an address without one"
            )
    for name, why in _REFUSED.items():
        value = getattr(arguments, name)
        is_given = value is not None and not (name == "shard" and value.is_whole)
        if is_given:
            option = name.replace("_", "-")
            raise UsageError(f"-{option} and -cluster exclude each other: {why}")


def _check_address(address: str) -> None:
    scheme, _, rest = address.partition("://")
    port = rest.rpartition(":")[2]
    if address == "local" or (scheme in ("tcp", "tls") and port.isdecimal()):
        return
    raise UsageError(
        f"-cluster {address!r}: expected local, or a scheduler's address such as"
        " tcp://scheduler:8786"
    )


def data_of(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the names of the data; paths do not depend on the folder."""
    return tuple(
        name if is_address(name) else str(Path(name).absolute())
        for name in arguments.data or ()
    )


def words_of(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the options that every shard gets; paths do not depend on the folder."""
    words: list[str] = ["-yes"]  # it was asked here, once
    if arguments.data is not None:
        words += ["-data", *data_of(arguments)]
    if arguments.query is not None:
        is_file = arguments.query.lower().endswith(".sql")
        query = str(Path(arguments.query).absolute()) if is_file else arguments.query
        words += ["-query", query]
    for name in _VALUES:
        value = getattr(arguments, name)
        if value is not None:
            words += [f"-{name.replace('_', '-')}", str(value)]
    if arguments.max_dead_letters is not None:
        words += ["-max-dead-letters", arguments.max_dead_letters.text]
    words += [f"-{n.replace('_', '-')}" for n in _FLAGS if getattr(arguments, n)]
    return tuple(words)
