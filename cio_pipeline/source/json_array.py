"""A JSON array, streamed with ijson: one element in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import ijson

from cio_pipeline.errors import DataFileError
from cio_pipeline.model import Record
from cio_pipeline.phrases import counted
from cio_pipeline.source.guards import MOST_LEVELS, DigitGuard, NestingGuard
from cio_pipeline.source.raw import RawData
from cio_pipeline.source.surrogates import HalfPairs
from cio_pipeline.source.values import RECORD_LIMIT_BYTES, make_record

_KINDS = {b'"': "text", b"true": "true", b"false": "false", b"null": "null"}


def backend_warning() -> str | None:
    """Say so where ijson has no C backend to run on."""
    if ijson.backend in ("yajl2_c", "yajl2_cffi"):
        return None
    return (
        f"ijson runs on its {ijson.backend} backend here, some 20 times slower than"
        " yajl2_c: reading may become the bottleneck"
    )


def check_array(raw: RawData, piece: bytes) -> None:
    """Look at the beginning.

    Args:
        raw: the bytes.
        piece: the first of them, blanks passed over.

    Raises:
        DataFileError: it is no JSON array; says what it may be.
    """
    first = piece[:1]
    if first == b"[":
        return
    if first == b"{":
        raise DataFileError(
            raw.name,
            "it begins with an object, wanted an array of objects; if it has one"
            " object a line, say -format jsonl",
        )
    kind = next((kind for sign, kind in _KINDS.items() if piece.startswith(sign)), None)
    if first.isdigit() or first == b"-":
        kind = "a number"
    if kind is not None:
        raise DataFileError(raw.name, f"it begins with {kind}, wanted a JSON array")
    line = piece.split(b"\n", 1)[0]
    hint = "; if it is CSV, say -format csv" if b"," in line else ""
    raise DataFileError(
        raw.name, f"it is not JSON, wanted a JSON array{hint}", byte_offset=raw.offset
    )


def read_array(
    raw: RawData, start: int, reopen: Callable[[], RawData] | None
) -> Iterator[Record]:
    """Read the elements of a JSON array.

    Args:
        raw: the bytes, looked at by `check_array`.
        start: how many elements to pass over.
        reopen: opens the same bytes anew, to find where they broke; None where
            that cannot be done.

    Raises:
        DataFileError: it is no JSON array, or stops being one; all elements
            before the break have been given by then.
    """
    # With use_float ijson refuses integers over 64 bits; decimals are turned
    # into floats by make_record.
    elements: Any = ijson.sendable_list()
    parser = ijson.items_coro(elements, "item", use_float=False)
    guard = _Guard(raw)
    index = 0
    ended = raw.offset  # where the last whole record was seen
    while True:
        before = raw.offset
        piece = guard.next_piece()
        problem = _feed(parser, piece)
        guard.put_back(elements)
        for value in elements:
            if index >= start:
                yield make_record(index, value)
            index += 1
        if elements:
            ended = raw.offset
        elif raw.offset - ended > RECORD_LIMIT_BYTES:
            raise DataFileError(
                raw.name,
                f"a record of more than {RECORD_LIMIT_BYTES:,} bytes, after"
                f" {counted(index, 'whole record')}",
                byte_offset=ended,
            )
        del elements[:]
        if problem is not None:
            raise _broken(raw, reopen, problem, before, index)
        if not piece:
            return


class _Guard:
    """Stops what ijson would not survive, and writes otherwise what it misreads."""

    def __init__(self, raw: RawData) -> None:
        self._raw = raw
        self._nesting = NestingGuard()
        self._digits = DigitGuard()
        self._halves = HalfPairs()

    def next_piece(self) -> bytes:
        """Give the next piece for the parser; nothing at the end."""
        offset = self._raw.offset
        while piece := self._raw.read():
            self._check(piece, offset)
            if text := self._halves.written_in(piece):
                return text
            offset = self._raw.offset
        return self._halves.rest()

    def put_back(self, elements: list[Any]) -> None:
        """Give elements their half pairs back."""
        self._halves.put_back(elements)

    def _check(self, piece: bytes, offset: int) -> None:
        if self._nesting.is_too_deep(piece):
            problem = f"nested deeper than {MOST_LEVELS} levels"
        elif self._digits.is_too_long(piece):
            problem = "a number with too many digits"
        else:
            return
        raise DataFileError(
            self._raw.name, f"{problem}, in the bytes from here on", byte_offset=offset
        )


def _feed(parser: Any, piece: bytes) -> Exception | None:  # noqa: ANN401  # ijson is untyped
    """Give the parser a piece, or the end; what it finds wrong."""
    try:
        parser.send(piece) if piece else parser.close()
    except StopIteration:
        return None
    except ijson.JSONError as error:
        return cast("Exception", error)
    return None


def _broken(
    raw: RawData,
    reopen: Callable[[], RawData] | None,
    problem: Exception,
    before: int,
    whole: int,
) -> DataFileError:
    offset = raw.offset
    if reopen is not None:
        offset = _find_break(reopen(), before)
    told = f"{_told(problem)}, after {counted(whole, 'whole record')}"
    return DataFileError(raw.name, told, byte_offset=offset)


def _find_break(raw: RawData, before: int) -> int:
    """Parse again, byte by byte from the piece in which it broke.

    ijson does not say where it was.
    """
    parser = ijson.basic_parse_coro(ijson.sendable_list())
    while piece := raw.read():
        end = raw.offset
        if end <= before:
            parser.send(piece)
            continue
        for index in range(len(piece)):
            if _feed(parser, piece[index : index + 1]) is not None:
                return end - len(piece) + index
    return raw.offset


def _told(problem: Exception) -> str:
    """Say in plain words what yajl found."""
    text = str(problem)
    for sign, words in _WORDS.items():
        if sign in text:
            return words
    return "it is not JSON any more"


_WORDS = {
    "premature EOF": "the file ends before its array does",
    "Incomplete": "the file ends before its array does",
    "trailing garbage": "something follows the array",
    "Additional data": "something follows the array",
    "invalid bytes in UTF8": "a byte that is not UTF-8",
    "unallowed token": "a value, comma or bracket that may not stand here (a comma"
    " after the last one?)",
    "comment": "a comment, which JSON does not have",
    "inside a string": "a line break or control character inside text",
    "invalid character inside string": "a control character inside text",
}
