"""A file on a web server, read in ranges (RFC 9110, 14.2).

A server may not support ranges. Then the file is one long answer; if the connection is
lost, it is asked for again, and what was read is skipped.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, BinaryIO, cast
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from cio_pipeline.core.data_address import DataAddress
from cio_pipeline.core.errors import DataFileError
from cio_pipeline.source.read_ahead import CHANGED, ConnectionLost, ReadAhead

_TIMEOUT_SECONDS = 30.0
# What may be in a path as it is, percent-escapes included (RFC 3986, 3.3).
_IN_PATH = "/%:@!$&'()*+,;=~"
_SKIP_BYTES = 1_000_000
_TOTAL = re.compile(r"bytes (?:\d+-\d+|\*)/(\d+)")
_LOST = (OSError, http.client.HTTPException)
_ENDED = "the answer ended too early"
_NOT_VALID = "the address is not valid"
_TEMPORARY = {408, 425, 429, 500, 502, 503, 504}


class _NoSuchRange(DataFileError):
    """The file is shorter than the range that was asked for (RFC 9110, 15.5.17)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpFile:
    """A file on a web server, as it is when the run starts.

    Args:
        path: its address without the user and the query.
        url: its address, with the query.
        headers: headers of all requests.
        size_bytes: its size; None if the server does not name it.
        validator: its ETag or modification time; None if it has none.
        has_ranges: whether the server returns parts of it.
    """

    path: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    size_bytes: int | None
    validator: str | None
    has_ranges: bool

    is_pipe = False
    is_local_file = False

    @property
    def name(self) -> str:
        """As dead letters name it."""
        return unquote(PurePosixPath(urlsplit(self.path).path).name) or "data"

    def open(self) -> BinaryIO:
        """Open it at its beginning."""
        fetch = self._fetch_range if self.has_ranges else _LongAnswer(self).fetch
        return cast("BinaryIO", ReadAhead(self.path, fetch, self.size_bytes))

    def fingerprint(self, options: str) -> str | None:
        """Return a digest that identifies its data; None if nothing does.

        The query is not part of it: a signed address is another one each time.
        """
        if self.validator is None:
            return None
        text = f"{self.path} {self.size_bytes} {self.validator} {options}"
        return hashlib.sha256(text.encode()).hexdigest()

    def has_changed(self, _file: BinaryIO) -> bool:
        """Return False: each answer is compared with the first one."""
        return False

    def answer(self, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        """Ask for the file; raise if it is no longer the one that it was."""
        answer = _ask(self.path, self.url, {**self.headers, **headers})
        if _validator_of(answer) != self.validator:
            answer.close()
            raise DataFileError(self.path, CHANGED)
        return answer

    def _fetch_range(self, start: int, end: int) -> bytes:
        if start == self.size_bytes:
            return b""
        with self.answer({"Range": f"bytes={start}-{end - 1}"}) as answer:
            if answer.status != 206:
                raise DataFileError(self.path, "the server stopped returning ranges")
            block = _read(answer, end - start)
        if len(block) < min(end, self.size_bytes or end) - start:
            raise ConnectionLost(_ENDED)
        return block


class _LongAnswer:
    """A file as one answer, of which parts are returned in order."""

    def __init__(self, file: HttpFile) -> None:
        self._file = file
        self._answer: IO[bytes] | None = None
        self._position = 0

    def fetch(self, start: int, end: int) -> bytes:
        """Return the next part."""
        if self._answer is None or start != self._position:
            self._answer = self._file.answer({})
            self._position = 0
            self._skip(start)
        answer, self._answer = self._answer, None
        block = _read(answer, end - start)
        self._position += len(block)
        if not block and self._position < (self._file.size_bytes or 0):
            raise ConnectionLost(_ENDED)
        self._answer = answer  # kept only if nothing was wrong with it
        return block

    def _skip(self, size: int) -> None:
        assert self._answer is not None  # noqa: S101  # the caller has just set it
        if size and self._file.validator is None:
            raise DataFileError(
                self._file.path,
                "the connection was lost, and the server does not show whether the file"
                " is still the same; run again to load it from the beginning",
            )
        while self._position < size:
            left = size - self._position
            skipped = len(_read(self._answer, min(left, _SKIP_BYTES)))
            if not skipped:
                raise ConnectionLost(_ENDED)
            self._position += skipped


def find_http_file(address: DataAddress) -> HttpFile:
    """Return the file at an address.

    Raises:
        DataFileError: it is not there, may not be read, or cannot be reached.
    """
    path = address.shown
    try:
        url, headers = _without_user(address.address)
        with _ask_for_start(path, url, headers) as answer:
            has_ranges = answer.status == 206
            return HttpFile(
                path=path,
                url=url,
                headers=headers,
                size_bytes=_size_of(answer, has_ranges=has_ranges),
                validator=_validator_of(answer),
                has_ranges=has_ranges,
            )
    except ConnectionLost as error:
        raise DataFileError(path, f"it cannot be reached: {error}") from error
    except ValueError:
        raise DataFileError(path, _NOT_VALID) from None


def _ask_for_start(
    path: str, url: str, headers: Mapping[str, str]
) -> http.client.HTTPResponse:
    """Ask for the first byte, or for all of an empty file."""
    try:
        return _ask(path, url, {**headers, "Range": "bytes=0-0"})
    except _NoSuchRange:
        return _ask(path, url, headers)


def _ask(path: str, url: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
    """Send a GET request, and return an answer with status 200 or 206.

    Raises:
        ConnectionLost: it may work later.
        DataFileError: it will not.
    """
    request = urllib.request.Request(url)  # noqa: S310  # the caller has checked the scheme
    request.add_header("Accept-Encoding", "identity")
    request.add_header("User-Agent", "cio-pipeline")
    for name, value in headers.items():
        request.add_unredirected_header(name, value)
    try:
        answer = _OPENER.open(request, timeout=_TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in _TEMPORARY:
            raise ConnectionLost(f"HTTP status {error.code}") from None
        if error.code == 416:
            raise _NoSuchRange(path, CHANGED) from None
        raise DataFileError(path, _problem_of(error.code)) from None
    except urllib.error.URLError as error:
        raise ConnectionLost(_reason_of(error.reason)) from None
    except (http.client.InvalidURL, ValueError):
        raise DataFileError(path, _NOT_VALID) from None
    except _LOST as error:
        raise ConnectionLost(_reason_of(error)) from None
    return cast("http.client.HTTPResponse", answer)


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from https to http; ranges are asked for again."""

    def redirect_request(  # the library's signature
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the request to the other address; None to refuse it."""
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            return None
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request is not None and (wanted := req.get_header("Range")):
            request.add_unredirected_header("Range", wanted)
        return request


_OPENER = urllib.request.build_opener(_SafeRedirects)


def _read(answer: IO[bytes], size: int) -> bytes:
    """Read this many bytes; fewer only at the end.

    Raises:
        ConnectionLost: the answer ended too early.
    """
    try:
        return answer.read(size)
    except _LOST as error:
        raise ConnectionLost(_reason_of(error)) from None


def _size_of(answer: http.client.HTTPResponse, *, has_ranges: bool) -> int | None:
    if has_ranges:
        total = _TOTAL.fullmatch(answer.headers.get("Content-Range", ""))
        return int(total[1]) if total else None
    size = answer.headers.get("Content-Length", "")
    return int(size) if size.isdigit() else None


def _validator_of(answer: http.client.HTTPResponse) -> str | None:
    return answer.headers.get("ETag") or answer.headers.get("Last-Modified")


def _without_user(address: str) -> tuple[str, dict[str, str]]:
    """Return an address without user and password, and the header that has them."""
    parts = urlsplit(address)
    user, at, host = parts.netloc.rpartition("@")
    path, query = quote(parts.path, _IN_PATH), quote(parts.query, _IN_PATH + "?")
    url = urlunsplit((parts.scheme, host, path, query, ""))
    if not at:
        return url, {}
    token = base64.b64encode(unquote(user).encode()).decode()
    return url, {"Authorization": f"Basic {token}"}


def _problem_of(status: int) -> str:
    problems = {
        401: "the server rejects the user and the password, or wants them (HTTP status"
        " 401)",
        403: "access is denied, or the signature has expired (HTTP status 403)",
        404: "there is no such file (HTTP status 404)",
        410: "there is no such file any more (HTTP status 410)",
    }
    return problems.get(status, f"the server answered with HTTP status {status}")


def _reason_of(error: object) -> str:
    """Return why there is no answer; never a text that may have the address."""
    text = getattr(error, "strerror", None) or getattr(error, "verify_message", None)
    return str(text or type(error).__name__)
