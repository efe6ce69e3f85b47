"""A PostgreSQL server of Debian's package, for as long as a test needs it."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "a-password-for-tests"
USER = "shop"
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Postgres:
    """A running server.

    Args:
        port: on 127.0.0.1.
        process: the server.
        binaries: the folder of its programs.
    """

    port: int
    process: subprocess.Popen[bytes]
    binaries: Path

    @property
    def address(self) -> str:
        """The address of its database, with the password."""
        return self.address_with(PASSWORD)

    def address_with(self, password: str) -> str:
        """Return the address with another password."""
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/postgres"

    def run(self, sql: str) -> str:
        """Run SQL, and return the rows as text without decoration."""
        command = [self.binaries / "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql]
        process = subprocess.run(
            [*command, self.address], check=True, capture_output=True, text=True
        )
        return process.stdout.strip()

    def wait_for(self, sql: str) -> None:
        """Wait until a query returns true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.run(sql) != "t":
            assert time.monotonic() < deadline, sql
            time.sleep(0.05)


def binaries() -> Path | None:
    """Return the folder of the newest server's programs; None without one."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = [folder for folder in folders if (folder / "initdb").is_file()]
    if not found and (other := shutil.which("initdb")):
        found = [Path(other).resolve().parent]
    return found[-1] if found else None


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a server with an empty database; skip the test if there is none."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="cio-postgres-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    password_file = folder / "password"
    password_file.write_text(PASSWORD, "utf-8")
    data = folder / "data"
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # it refuses to run as root
        user = _other_user()
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        for path in (folder, password_file):
            os.chown(path, user.pw_uid, user.pw_gid)
    subprocess.run(
        [
            programs / "initdb", "--no-sync", "-D", data, "-U", USER, "-A",
            "scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8", "--no-locale",
        ],
        check=True,
        capture_output=True,
        **as_user,
    )  # fmt: skip
    where = ["-h", "127.0.0.1", "-p", str(port), "-k", folder]
    process = subprocess.Popen(
        [programs / "postgres", "-D", data, "-F", *where],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **as_user,
    )
    try:
        server = Postgres(port, process, programs)
        _wait_until_ready(server)
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        shutil.rmtree(folder)


def _other_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.skip("there is no user that PostgreSQL could run as")


def _wait_until_ready(server: Postgres) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    ready = [server.binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p"]
    while subprocess.run([*ready, str(server.port)], check=False).returncode:
        assert server.process.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.05)
