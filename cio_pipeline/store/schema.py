"""Creating or checking a queue's file: permissions, owner, version."""

from __future__ import annotations

import os
import sqlite3
from importlib import resources
from pathlib import Path

from cio_pipeline.core.errors import StateError
from cio_pipeline.store.errors import translated
from cio_pipeline.store.queue.deliveries import upgrade
from cio_pipeline.store.workspace import open_private_file

# "CIOq": identifies our files (sqlite.org/fileformat.html, 1.3.17).
APPLICATION_ID = 0x43494F71
# 2: deliveries have two levels, and use an email's identity instead of its text.
# 3: jobs and dead letters have an operation.
VERSION = FIRST_WITH_OPERATIONS = 3
# Table, name and type of columns that files of older versions may not have yet.
_ADDED_COLUMNS = (
    ("loads", "set_id", "INTEGER"),
    ("ack_queue_jobs", "operation", "TEXT"),
    ("dead_letters", "operation", "TEXT"),
)


def prepare(folder: Path) -> None:
    """Create or check the file in a workspace's folder.

    Raises:
        StateError: it is damaged, something else, or of a newer version.
        StateUnwritable: it cannot be written.
    """
    path = folder / FILE_NAME
    os.close(open_private_file(path))
    with translated(os.fspath(folder)):
        connection = sqlite3.connect(path, isolation_level=None, timeout=30.0)
        try:
            _create_or_check(connection, folder)
        finally:
            connection.close()


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of a file's format."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def check_version(connection: sqlite3.Connection, folder: Path) -> bool:
    """Return whether the file has our schema; False if it is still empty.

    Raises:
        StateError: it belongs to another program or a newer version.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    version = version_of(connection)
    (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if not application and not version and not tables:
        return False
    if application != APPLICATION_ID:
        raise StateError(
            f"{folder / FILE_NAME} is not a queue of this program."
            " Name another folder with -state DIR",
        )
    if version > VERSION:
        raise StateError(
            f"the state in {folder} was written by a newer version of this program"
            f" (format {version}; this one supports {VERSION}). Update the program, or"
            " name another folder with -state DIR",
        )
    return True


def _create_or_check(connection: sqlite3.Connection, folder: Path) -> None:
    if check_version(connection, folder):
        _upgrade(connection)
        return
    script = resources.files(__package__).joinpath("schema.sql").read_text("utf-8")
    connection.executescript(
        f"BEGIN IMMEDIATE;\n{script}\n"
        f"PRAGMA application_id = {APPLICATION_ID};\n"
        f"PRAGMA user_version = {VERSION};\nCOMMIT;"
    )


def _upgrade(connection: sqlite3.Connection) -> None:
    """Convert a file of an older version."""
    _add_columns(connection)
    version = version_of(connection)
    if version < VERSION:
        connection.execute("BEGIN IMMEDIATE")
        if version == 1:
            upgrade(connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")


def _add_columns(connection: sqlite3.Connection) -> None:
    """Add missing columns; persist-queue may not have made its table yet."""
    for table, column, kind in _ADDED_COLUMNS:
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        if columns and column not in {name for _, name, *_ in columns}:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")


FILE_NAME = "queue.db"
