"""Addresses of data: in object stores, on web servers and SFTP servers. Pure.

An address may have a password or a signature in it. So messages have it without the
user and the query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cio_pipeline.core.errors import UsageError
from cio_pipeline.core.redaction import HIDDEN

# Schemes, and the extra that reads each; None for those that need none.
_EXTRAS = {
    "s3": "s3",
    "gs": "gcs",
    "az": "azure",
    "https": None,
    "http": None,
    "sftp": "sftp",
}
_SHAPE = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class DataAddress:
    """Where data is.

    Args:
        scheme: in lower case.
        address: all of it.
        extra: the optional dependencies that read it; None if there are none.
    """

    scheme: str
    address: str = field(repr=False)
    extra: str | None

    @property
    def shown(self) -> str:
        """The address without the user and the query."""
        return without_secrets(self.address)

    @property
    def is_web(self) -> bool:
        """Whether it is on a web server, which has no folders and patterns."""
        return self.scheme in ("http", "https")


def is_address(text: str) -> bool:
    """Return whether a text is an address, and not a path."""
    return _SHAPE.match(text) is not None


def without_secrets(text: str) -> str:
    """Return a text; if it is an address, without the user and the query.

    A pattern's ``?`` is kept, as object stores have no query.
    """
    found = _SHAPE.match(text)
    if found is None:
        return text
    host, slash, path = text[found.end() :].partition("/")
    is_web = found[1].lower() in ("http", "https")
    if is_web:
        host, path = re.split(r"[?#]", host)[0], re.split(r"[?#]", path)[0]
    return found[0] + host.rpartition("@")[2] + slash + path


def with_hidden_secrets(words: list[str]) -> list[str]:
    """Return a command line in which the secrets of addresses are `HIDDEN`."""
    return [_with_hidden_secret(word) for word in words]


def parse_data_address(text: str) -> DataAddress:
    """Return the parts of an address.

    Raises:
        UsageError: there is no such kind of source, or it is not encrypted.
    """
    found = _SHAPE.match(text)
    scheme = found[1].lower() if found else ""
    if scheme == "file":
        raise UsageError(f"-data {without_secrets(text)}: write the path without file:")
    if scheme not in _EXTRAS:
        raise UsageError(
            f"-data {without_secrets(text)}: there is no kind of source {scheme!r}; the"
            f" known ones are {', '.join(f'{name}://' for name in _EXTRAS)}"
        )
    try:
        host = urlsplit(text).hostname
    except ValueError:
        host = None
    if not host:
        raise UsageError(f"-data {without_secrets(text)}: the address has no host")
    if scheme == "http" and host not in _LOOPBACK:
        raise UsageError(
            f"-data {without_secrets(text)}: http:// is not encrypted, and the data is"
            " about people; use https://"
        )
    return DataAddress(scheme, text, _EXTRAS[scheme])


def _with_hidden_secret(word: str) -> str:
    option, equals, value = word.partition("=")
    if option.startswith("-") and equals:
        return f"{option}={_with_hidden_secret(value)}"
    shown = without_secrets(word)
    return word if shown == word else f"{shown}?{HIDDEN}"
