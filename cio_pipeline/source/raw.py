"""The data file's bytes: waiting for them, decompressing and counting."""

from __future__ import annotations

import io
import re
import select
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, Literal

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import Record
from cio_pipeline.core.read_options import READ_ALL, ReadOptions
from cio_pipeline.source.encodings import Transcoder, encoding_by_content
from cio_pipeline.source.packing import Members, packing_of

PIECE_BYTES = 32_768  # the values of larger pieces do not fit into a core's cache
# How often a wait for a pipe's next bytes calls `on_wait`.
WAIT_SECONDS = 0.1
_GZIP_MAGIC = b"\x1f\x8b"
_UTF8_BOM = b"\xef\xbb\xbf"
_MAGIC_BYTES = 4
_HAS_LINE = re.compile(rb"\S[^\r\n]*[\r\n]|\s*[\[{\x1e]")  # or JSON without one
# Magic numbers and BOMs of files that cannot be read, and what to do.
_FOREIGN = {
    _GZIP_MAGIC: "it is compressed with gzip twice; decompress it once",
    b"PK\x03\x04": "it is a ZIP archive or a spreadsheet, which can be read only from"
    " a file with the right extension (.zip, .xlsx)",
    b"BZh": "it is compressed with bzip2; decompress it or use gzip",
    b"\x28\xb5\x2f\xfd": "it is compressed twice; decompress it once",
    b"\xfd7zX": "it is compressed with xz; decompress it or use gzip",
    b"PAR1": "it is a Parquet file; use -format parquet",
}
# Called in the thread that reads: with 0 before each read of the file, and while it
# waits with the seconds of the wait so far. What it raises ends the reading.
OnWait = Callable[[float], None]
SkippedRow = Literal["header_repeated", "row_without_values", "footer"]
# What a reader changes in a file or cannot decide; `check` warns about it.
Note = Literal[
    "column_repeated",
    "escapes_kept",
    "first_row_is_data",
    "guard_removed",
    "rows_unordered",
    "sheet_not_read",
    "title_skipped",
]
# Reads a file's records from an index on (from 0), once. If the data is invalid, all
# records before that point have been returned.
ReadFrom = Callable[[int], Iterator[Record]]


class RawData:
    """The (uncompressed) bytes of a data file, read once from start to end.

    A read returns what has arrived so far, so that the records of a slow pipe are not
    delayed. It waits with `poll`, never in a read: so the wait can be ended, and the
    thread holds no lock of a buffered file, which the interpreter needs at exit.

    Args:
        name: the file, as the user named it.
        file: its bytes, from the start, without a buffer.
        size: its size on disk; None if it has none (a pipe).
        options: how it is read.

    Attributes:
        rules: those of the options.
        bytes_read: how many bytes of the file itself were read, compressed or not.
        offset: how many (unpacked) bytes were returned.
        on_wait: see `OnWait`.
        notes: how often a reader changed something, or could not decide.
        columns: all columns of a table of which only some are read.
    """

    def __init__(
        self,
        name: str,
        file: BinaryIO,
        size: int | None,
        options: ReadOptions = READ_ALL,
    ) -> None:
        self.name = name
        self.size_bytes = size
        self.options = options
        self.rules = options.rules
        self.notes: Counter[Note] = Counter()
        self.columns: Sequence[str] = ()
        self.bytes_read = 0
        self.offset = 0
        self.on_wait: OnWait = _wait_on
        self._file = file
        # A regular file is always ready: `poll` says nothing about it.
        may_wait = size is None and isinstance(file, io.FileIO)
        self._poll = _poll_of(file) if may_wait else None
        self._members: Members | None = None
        self._ahead = b""
        self._later: deque[bytes] = deque()  # after what is in `_ahead`
        self._has_begun = False
        self._read_text = self._read

    def read(self) -> bytes:
        """Return the next piece; nothing at the end.

        Raises:
            DataFileError: the file cannot be read, or its compressed data is damaged.
        """
        piece, self._ahead = self._ahead or self._next_piece(), b""
        self.offset += len(piece)
        return piece

    def unread(self, pieces: list[bytes]) -> None:
        """Put back the last pieces that were read; `read` returns them again."""
        self.offset -= sum(map(len, pieces))
        self._later.extendleft(reversed(pieces))
        self._ahead = self._later.popleft() if self._later else b""

    def translate(self, table: bytes) -> None:
        """Replace bytes from here on, as `bytes.translate`."""
        read = self._read_text
        self._ahead = self.look().translate(table)
        self._read_text = lambda: read().translate(table)

    def look(self) -> bytes:
        """Return the first piece, which `read` returns again, without a BOM.

        It returns nothing if the file is empty.

        Raises:
            DataFileError: as `read`; or it is a file of another kind.
        """
        if not self._has_begun:
            self._has_begun = True
            self._ahead = self._first_piece()
        return self._ahead

    def first_line(self) -> bytes:
        """Return at least the first line that is not blank, as `look`.

        Of a line that is longer than a piece, only the beginning is returned.
        """
        self.look()
        while (
            len(self._ahead) < PIECE_BYTES
            and not _HAS_LINE.search(self._ahead)
            and (more := self._next_piece())
        ):
            self._ahead += more
        return self._ahead

    def begin(self, blanks: bytes | None = None) -> bytes:
        """Skip a BOM and blanks; return the first piece, which `read` returns again.

        It returns nothing if there is nothing else.

        Args:
            blanks: which bytes are blanks; None for ASCII's.

        Raises:
            DataFileError: as `look`.
        """
        piece = self.look()
        while not (rest := piece.lstrip(blanks)):
            self.offset += len(piece)
            self._ahead = b""
            piece = self._next_piece()
            if not piece:
                return b""
        self.offset += len(piece) - len(rest)
        self._ahead = rest
        return rest

    def _first_piece(self) -> bytes:
        piece = self._read_at_least(_MAGIC_BYTES)
        if packing := packing_of(self.name, piece):
            self._members = Members(
                self.name, packing, piece, self._read_file, PIECE_BYTES
            )
            piece = self._read_at_least(_MAGIC_BYTES)
        encoding = encoding_by_content(piece) or self.rules.encoding
        if encoding in (None, "utf-8"):
            self._refuse_foreign(piece)
        else:
            transcoder = Transcoder(self.name, encoding, piece, self._read)
            self._read_text = transcoder.read
            piece = self._read_text()
        if piece.startswith(_UTF8_BOM):
            self.offset = len(_UTF8_BOM)
            piece = piece[len(_UTF8_BOM) :]
        return piece

    def seekable(self) -> BinaryIO:
        """Return the file itself, for formats that are read in another order.

        Raises:
            DataFileError: it is a pipe.
        """
        if self.size_bytes is None:
            raise DataFileError(
                self.name, "this format cannot be read from a pipe; use a file"
            )
        return self._file

    def _refuse_foreign(self, beginning: bytes) -> None:
        for magic, problem in _FOREIGN.items():
            if beginning.startswith(magic):
                raise DataFileError(self.name, problem)

    def _next_piece(self) -> bytes:
        return self._later.popleft() if self._later else self._read_text()

    def _read_at_least(self, size: int) -> bytes:
        """Read until there are ``size`` bytes, or to the end."""
        piece = self._read()
        while len(piece) < size and (more := self._read()):
            piece += more
        return piece

    def _read(self) -> bytes:
        return self._read_file() if self._members is None else self._members.read()

    def _read_file(self) -> bytes:
        """Wait for bytes and return them; nothing at the end."""
        self.on_wait(0.0)
        try:
            piece = self._read_when_ready()
        except OSError as error:
            raise DataFileError(
                self.name, f"it cannot be read further: {error.strerror or error}"
            ) from error
        self.bytes_read += len(piece)
        return piece

    def _read_when_ready(self) -> bytes:
        while True:
            self._wait_until_ready()
            piece: bytes | None = self._file.read(PIECE_BYTES)
            if piece is not None:  # non-blocking, and another process read the bytes
                return piece

    def _wait_until_ready(self) -> None:
        if self._poll is None:
            return
        waited = 0.0
        while not self._poll.poll(WAIT_SECONDS * 1000):
            waited += WAIT_SECONDS
            self.on_wait(waited)


def _wait_on(_waited_seconds: float) -> None:
    """Do nothing: the wait continues."""


def _poll_of(file: BinaryIO) -> select.poll:
    poll = select.poll()
    poll.register(file.fileno(), select.POLLIN)
    return poll
