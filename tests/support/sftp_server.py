"""An SFTP server on 127.0.0.1 with the files of a folder."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko

USER, PASSWORD = "ada", "p@ss-word"


@dataclass(frozen=True)
class SftpServer:
    """A running server.

    Args:
        port: where it listens.
        key: its key.
    """

    port: int
    key: paramiko.PKey

    def url(self, path: str, password: str = "p%40ss-word") -> str:
        """Return the address of a file."""
        return f"sftp://{USER}:{password}@127.0.0.1:{self.port}{path}"

    def known_hosts(self) -> str:
        """Return the line with which ssh knows the server."""
        name, text = self.key.get_name(), self.key.get_base64()
        return f"[127.0.0.1]:{self.port} {name} {text}\n"


class _Access(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        is_right = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        del kind, chanid
        return paramiko.OPEN_SUCCEEDED


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, server: Any, root: Path) -> None:
        super().__init__(server)
        self._root = root

    def _path(self, path: str) -> Path:
        return self._root / path.lstrip("/")

    def list_folder(self, path: str) -> Any:
        found = []
        for each in sorted(self._path(path).iterdir()):
            about = paramiko.SFTPAttributes.from_stat(each.stat())
            about.filename = each.name
            found.append(about)
        return found

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        del flags, attr
        try:
            file = self._path(path).open("rb")
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        handle = paramiko.SFTPHandle(os.O_RDONLY)
        handle.readfile = file
        return handle


@contextmanager
def sftp_server(root: Path) -> Iterator[SftpServer]:
    """Serve a folder."""
    key = paramiko.ECDSAKey.generate()
    listener = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                transport = paramiko.Transport(client)
                transports.append(transport)
                transport.add_server_key(key)
                transport.set_subsystem_handler(
                    "sftp", paramiko.SFTPServer, _Files, root
                )
                with suppress(paramiko.SSHException, EOFError):
                    transport.start_server(server=_Access())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield SftpServer(listener.getsockname()[1], key)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for transport in transports:
            transport.close()
