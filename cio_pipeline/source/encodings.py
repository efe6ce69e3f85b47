"""Text in other encodings than UTF-8, as UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from cio_pipeline.core.errors import DataFileError

# UTF-32 before UTF-16, whose BOM has the same first bytes.
_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Which of the first four bytes are zero, in text that begins with ASCII.
_ZEROS = {
    "000x": "utf-32-be",
    "x000": "utf-32-le",
    "0x0x": "utf-16-be",
    "x0x0": "utf-16-le",
}


def encoding_by_content(beginning: bytes) -> str | None:
    """Return the encoding that a file's first bytes show; None if they show none."""
    by_bom = (name for bom, name in _BOMS.items() if beginning.startswith(bom))
    zeros = "".join("0" if byte == 0 else "x" for byte in beginning[:4])
    return next(by_bom, None) or _ZEROS.get(zeros)


class Transcoder:
    """Reads text in some encoding as UTF-8.

    Args:
        name: the file, for messages.
        encoding: the encoding, as Python names it.
        first: the first bytes.
        read: reads the next bytes; returns nothing at the end.
    """

    def __init__(
        self, name: str, encoding: str, first: bytes, read: Callable[[], bytes]
    ) -> None:
        self._name = name
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ahead = first
        self._read = read
        self._bytes_before = 0
        self._error: DataFileError | None = None

    def read(self) -> bytes:
        """Return the next piece as UTF-8; nothing at the end.

        Raises:
            DataFileError: a byte is not text in this encoding. All text before it has
                been returned.
        """
        while self._error is None:
            piece, self._ahead = self._ahead or self._read(), b""
            text = self._decode(piece)
            if text or (not piece and self._error is None):
                return text.encode("utf-8", "surrogatepass")
        raise self._error

    def _decode(self, piece: bytes) -> str:
        waiting = len(self._decoder.getstate()[0])
        offset = self._bytes_before - waiting
        self._bytes_before += len(piece)
        try:
            return self._decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            self._error = DataFileError(
                self._name,
                f"a byte that is not {self._encoding}; name the file's encoding with"
                " -encoding, or save it as UTF-8",
                byte_offset=offset + error.start,
            )
            return self._decoder.decode(piece[: max(0, error.start - waiting)])
