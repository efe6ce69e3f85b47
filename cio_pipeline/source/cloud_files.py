"""Files in object stores and on SFTP servers, through fsspec.

Each of its libraries finds the credentials in its own way: the environment, files in
the home folder, or the machine's role.
"""

from __future__ import annotations

import hashlib
import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from cio_pipeline.core.data_address import DataAddress
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.source.extras import import_optional
from cio_pipeline.source.read_ahead import CHANGED, ConnectionLost, ReadAhead

_TIMEOUT_SECONDS = 30
# What identifies the data of a file: the first of these that its description has.
_VERSIONS = ("ETag", "etag", "generation", "LastModified", "mtime")
# Names of errors about credentials, in the libraries of all stores.
_REFUSED = frozenset(
    {
        *("AccessDenied", "AuthenticationException", "BadHostKeyException"),
        *("ClientAuthenticationError", "CredentialRetrievalError", "Forbidden"),
        *("DefaultCredentialsError", "InvalidAccessKeyId", "NoCredentialsError"),
        *("PartialCredentialsError", "PermissionError", "ProfileNotFound"),
        *("RefreshError", "SignatureDoesNotMatch", "TokenRetrievalError"),
        "UnknownHostKey",
    }
)
# Names of errors that mean that an address or a setting is not valid.
_INVALID = frozenset({"ParamValidationError", "TypeError", "ValueError"})
# Libraries that may log keys or addresses at their lower levels.
_LIBRARIES = (
    *("aiobotocore", "adlfs", "asyncio", "azure", "boto3", "botocore", "fsspec"),
    *("gcsfs", "google", "paramiko", "s3fs", "urllib3"),
)
_NOT_VALID = (
    "the address is not valid, or a setting of the store is missing; see"
    " docs/data-files.md"
)
# The module that is needed for each kind of store, and its settings.
_STORES = {
    "s3": "s3fs",
    "gs": "gcsfs",
    "az": "adlfs",
    "sftp": "cio_pipeline.source.sftp_files",
}
_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "s3": {
        "config_kwargs": {
            "connect_timeout": _TIMEOUT_SECONDS,
            "read_timeout": _TIMEOUT_SECONDS,
            # `ReadAhead` tries again too.
            "retries": {"total_max_attempts": 2, "mode": "standard"},
        }
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudFile:
    """A file as it is when the run starts.

    Args:
        path: its address without the user.
        store: the file system of fsspec.
        key: its path in the file system.
        size_bytes: its size.
        version: what identifies its data; None if nothing does.
    """

    path: str
    store: Any = field(repr=False)
    key: str
    size_bytes: int
    version: str | None

    is_pipe = False
    is_local_file = False

    @property
    def name(self) -> str:
        """As dead letters name it."""
        return PurePosixPath(self.path).name

    def open(self) -> BinaryIO:
        """Open it at its beginning."""
        return cast("BinaryIO", ReadAhead(self.path, self._fetch, self.size_bytes))

    def fingerprint(self, options: str) -> str | None:
        """Return a digest that identifies its data; None if nothing does."""
        if self.version is None:
            return None
        text = f"{self.path} {self.size_bytes} {self.version} {options}"
        return hashlib.sha256(text.encode()).hexdigest()

    def has_changed(self, _file: BinaryIO) -> bool:
        """Return False: each block is compared with the description."""
        return False

    def _fetch(self, start: int, end: int) -> bytes:
        if start >= self.size_bytes:
            return b""
        end = min(end, self.size_bytes)
        try:
            with _explained(self.path):
                block: bytes = self.store.cat_file(self.key, start=start, end=end)
                version = _version_of(self.store.info(self.key))
        except _Unreached as error:
            raise ConnectionLost(error.reason) from None
        if version != self.version:
            raise DataFileError(self.path, CHANGED)
        if len(block) != end - start:
            raise ConnectionLost("the answer ended too early")
        return block


class _Unreached(DataFileError):
    """There was no answer.

    Args:
        path: the file.
        reason: why.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, f"it cannot be reached: {reason}")
        self.reason = reason


def find_cloud_files(
    address: DataAddress,
    *,
    is_pattern: bool,
    may_have_data: Callable[[str], bool],
) -> list[CloudFile]:
    """Return the files at an address, by name: one, those of a folder or a pattern.

    Args:
        address: the address.
        is_pattern: whether it has wildcards.
        may_have_data: returns whether a file or folder may have data, by its name.

    Raises:
        DataFileError: there are none, they may not be read, or cannot be reached; or
            the package for this kind of store is not installed.
    """
    _keep_quiet()
    with _explained(address.shown):
        store, key = _open_store(address)
        found = _descriptions(store, key, is_pattern=is_pattern)
    files = [
        _file_of(store, address, info)
        for info in found
        if info["type"] == "file"
        and all(map(may_have_data, _parts_below(info["name"], key)))
    ]
    if not files:
        problem = "no file matches it" if is_pattern else "the folder has no data files"
        raise DataFileError(address.shown, problem)
    return sorted(files, key=lambda file: file.key)


def _open_store(address: DataAddress) -> tuple[Any, str]:
    library = _STORES[address.scheme]
    found = import_optional(address.shown, library, address.extra)
    if address.scheme == "sftp":
        opened: tuple[Any, str] = found.open_sftp(address.address)
        return opened
    fsspec = import_optional(address.shown, "fsspec.core", address.extra)
    store, key = fsspec.url_to_fs(
        address.address,
        use_listings_cache=False,
        skip_instance_cache=True,
        **_SETTINGS.get(address.scheme, {}),
    )
    store.retries = 1  # of s3fs, besides those of its settings
    return store, key


def _descriptions(
    store: Any,  # noqa: ANN401  # a file system of fsspec, which has no types
    key: str,
    *,
    is_pattern: bool,
) -> list[dict[str, Any]]:
    if is_pattern:
        found: dict[str, dict[str, Any]] = store.glob(key, detail=True)
        return list(found.values())
    info: dict[str, Any] = store.info(key)
    if info["type"] != "directory":
        return [{**info, "name": key, "type": "file"}]
    below: dict[str, dict[str, Any]] = store.find(key, detail=True)
    return list(below.values())


def _parts_below(name: str, key: str) -> Iterator[str]:
    """Return the parts of a file's path that differ from the folder or pattern."""
    parts = zip_longest(PurePosixPath(name).parts, PurePosixPath(key).parts)
    return (part for part, given in parts if part is not None and part != given)


def _file_of(
    store: Any,  # noqa: ANN401  # as above
    address: DataAddress,
    info: Mapping[str, Any],
) -> CloudFile:
    host = address.shown.partition("://")[2].partition("/")[0]
    root = f"sftp://{host}" if address.scheme == "sftp" else f"{address.scheme}://"
    return CloudFile(
        path=root + info["name"],
        store=store,
        key=info["name"],
        size_bytes=info["size"],
        version=_version_of(info),
    )


def _version_of(info: Mapping[str, Any]) -> str | None:
    found = (info.get(name) for name in _VERSIONS)
    version = next((each for each in found if each not in (None, "", "null")), None)
    return None if version is None else str(version).strip('"')


@contextmanager
def _explained(path: str) -> Iterator[None]:
    """Translate the libraries' errors; their texts may have keys in them.

    Raises:
        DataFileError: it cannot be read, or `_Unreached`.
    """
    try:
        yield
    except DataFileError:
        raise
    except FileNotFoundError:
        raise DataFileError(path, "there is no such file") from None
    except Exception as error:  # noqa: BLE001  # each library has its own kinds
        names = {type(each).__name__ for each in _causes(error)}
        if names & _REFUSED or any(map(_is_refusal, _causes(error))):
            raise DataFileError(path, _refusal(names)) from None
        if type(error).__name__ in _INVALID:
            raise DataFileError(path, _NOT_VALID) from None
        raise _Unreached(path, _reason_of(error)) from None


def _is_refusal(error: BaseException) -> bool:
    """Return whether an answer's status means that the credentials are refused.

    S3 answers 400 to a HEAD request with a token that has expired.
    """
    found = getattr(error, "response", None)  # of botocore
    about = found.get("ResponseMetadata", {}) if isinstance(found, dict) else {}
    return (
        about.get("HTTPStatusCode") in (400, 401, 403)
        or getattr(error, "code", None) in (401, 403)  # of gcsfs, as is the text
        or str(error).startswith("Forbidden: ")
    )


def _reason_of(error: BaseException) -> str:
    """Return why there is no answer: the system's words, or the kind of error.

    A library's own words may have a key or an address in them.
    """
    for each in _causes(error):
        if isinstance(each, socket.gaierror):
            return str(each.strerror)
        if isinstance(each, OSError) and (each.errno or 0) > 0:
            return os.strerror(each.errno or 0)
    return type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    following: BaseException | None = error
    while following is not None:
        yield following
        following = following.__cause__ or following.__context__


def _refusal(names: set[str]) -> str:
    if names & {"UnknownHostKey", "BadHostKeyException"}:
        return (
            "the server's key is not the known one, or not known; compare it, and add"
            " it to ~/.ssh/known_hosts"
        )
    if names & {"NoCredentialsError", "DefaultCredentialsError"}:
        return "there are no credentials; see docs/data-files.md"
    return "access is denied; check the credentials and their permissions"


def _keep_quiet() -> None:
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.CRITICAL)
