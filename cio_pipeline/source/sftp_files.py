"""Connections to SFTP servers whose keys are known."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import unquote

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem
from paramiko.ssh_exception import NoValidConnectionsError

_TIMEOUT_SECONDS = 30.0


class UnknownHostKey(Exception):
    """The server's key is not in ``~/.ssh/known_hosts``."""


class _Refuse(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]  # it has no types
    def missing_host_key(self, *_: object) -> None:
        raise UnknownHostKey


class _KnownServers(SFTPFileSystem):  # type: ignore[misc]  # it has no types
    """fsspec's file system; that one trusts any server."""

    def _connect(self) -> None:
        self.client = paramiko.SSHClient()
        self.client.load_system_host_keys()
        self.client.set_missing_host_key_policy(_Refuse())
        try:
            self.client.connect(
                self.host,
                timeout=_TIMEOUT_SECONDS,
                banner_timeout=_TIMEOUT_SECONDS,
                auth_timeout=_TIMEOUT_SECONDS,
                **self.ssh_kwargs,
            )
        except NoValidConnectionsError as error:
            raise next(iter(error.errors.values())) from None
        self.ftp = self.client.open_sftp()
        channel = self.ftp.get_channel()
        if channel is not None:
            channel.settimeout(_TIMEOUT_SECONDS)

    def cat_file(
        self, path: str, start: int | None = None, end: int | None = None
    ) -> bytes:
        """Return a part of a file; connect again if the connection was lost."""
        transport = self.client.get_transport()
        if transport is None or not transport.is_active():
            self._connect()
        return cast("bytes", super().cat_file(path, start=start, end=end))


def open_sftp(address: str) -> tuple[Any, str]:
    """Connect to the server of an address.

    Returns:
        The file system, and the path on it.
    """
    settings = _KnownServers._get_kwargs_from_urls(address)  # noqa: SLF001  # fsspec calls it so
    for name in {"username", "password"} & settings.keys():
        settings[name] = unquote(settings[name])
    path = _KnownServers._strip_protocol(address)  # noqa: SLF001  # as above
    return _KnownServers(skip_instance_cache=True, **settings), path
