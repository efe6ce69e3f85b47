"""The query and the database that a command line names."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from cio_pipeline.core.config import Config
from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.redaction import HIDDEN

if TYPE_CHECKING:
    from cio_pipeline.core.read_options import ReadOptions
    from cio_pipeline.source.query import Query

_QUERY_FILE = ".sql"


def query_of(
    arguments: argparse.Namespace, config: Config | None, options: ReadOptions
) -> Query:
    """Return the query that ``-query`` names.

    Args:
        arguments: the command line.
        config: has the database's address if ``-database`` does not name it.
        options: which columns are used.

    Raises:
        UsageError: there is no address, it is wrong, or the query cannot be read.
    """
    # Imported here: most runs read files.
    from cio_pipeline.core.database_address import parse_database_address  # noqa: PLC0415  # see above
    from cio_pipeline.source.query import Query  # noqa: PLC0415  # see above

    address = address_of(arguments, config)
    if address is None:
        raise UsageError(
            "-query needs -database ADDRESS, or the key 'database' in the configuration"
        )
    name, query = _read_query(arguments.query)
    return Query(name, query, parse_database_address(address), options)


def keys_for_data(arguments: argparse.Namespace) -> list[str]:
    """Return the keys of the configuration that opening the data needs."""
    is_needed = arguments.query is not None and arguments.database is None
    return ["database"] if is_needed else []


def address_of(arguments: argparse.Namespace, config: Config | None) -> str | None:
    """Return the database's address, which contains a password."""
    address: str | None = arguments.database
    return config.database if address is None and config is not None else address


def secrets_of(arguments: argparse.Namespace, config: Config) -> list[str]:
    """Return the texts of the database's address that no log may contain."""
    address = None
    if getattr(arguments, "query", None) is not None:  # `resume` has no such option
        address = address_of(arguments, config)
    if address is None:
        return []
    from cio_pipeline.core.database_address import parse_database_address  # noqa: PLC0415  # as above

    return list(parse_database_address(address).secrets)


def _read_query(text: str) -> tuple[str, str]:
    """Return a query's name and text; the text may be that of a file.

    Raises:
        UsageError: the file cannot be read.
    """
    if not text.lower().endswith(_QUERY_FILE):
        return "query", text
    try:
        return PurePath(text).name, Path(text).read_text("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"-query: there is no such file: {text}") from None
    except OSError as error:
        raise UsageError(f"-query: {text} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"-query: {text} is not UTF-8") from None


def without_address(words: Sequence[str]) -> list[str]:
    """Return a command line without the address of ``-database``."""
    kept: list[str] = []
    for word in words:
        option, equals, _ = word.partition("=")
        if kept and kept[-1] in ("-database", "--database"):
            kept.append(HIDDEN)
        elif equals and option in ("-database", "--database"):
            kept.append(f"{option}={HIDDEN}")
        else:
            kept.append(word)
    return kept
