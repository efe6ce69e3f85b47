"""JSON arrays and values one after another, read as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import count, islice
from typing import Any

import orjson

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import Record
from cio_pipeline.core.text import counted
from cio_pipeline.source.json_cut import JsonText
from cio_pipeline.source.raw import RawData
from cio_pipeline.source.values import (
    RECORD_LIMIT_BYTES,
    broken_value,
    has_long_number,
    parse_record,
)

_CUT = "the file ends before its array does"
_FOLLOWED = "something follows the array"
_CUT_VALUE = "the file ends before its last value does"
_MISPLACED = (
    "a value, comma or bracket that may not be here (a comma is missing, or there is"
    " a comma after the last one?)"
)
# Behind each sign of an array: which signs may follow, and whether a value may.
_AFTER = {b"[": (b"]", True), b",": (b"", True), b"]": (b"", False)}
_TOO_LARGE = f"a record of more than {RECORD_LIMIT_BYTES:,} bytes"


def read_array(raw: RawData, start: int) -> Iterator[Record]:
    """Read the elements of a JSON array.

    Args:
        raw: the bytes, from the bracket on.
        start: how many elements to pass over.

    Raises:
        DataFileError: it is no JSON array, or stops being one; all elements
            before the break have been returned by then.
    """
    return islice(_Array(raw).records(), start, None)


def read_values(raw: RawData, start: int) -> Iterator[Record]:
    """Read JSON values that follow one another, with or without blanks between.

    Raises:
        DataFileError: as `read_array`.
    """
    return islice(_Values(raw).records(), start, None)


class _Values:
    """Values one after another.

    Args:
        raw: their bytes.
    """

    _hint = " (if it holds the users in an array, take that out: jq .KEY FILE)"

    def __init__(self, raw: RawData) -> None:
        self._raw = raw
        self._text = JsonText(raw.offset)
        self._index = 0

    def records(self) -> Iterator[Record]:
        """Read all values; what is complete is returned before more is read."""
        while piece := self._raw.read():
            self._text.add(piece)
            yield from self._complete()
            if self._text.waiting_bytes > RECORD_LIMIT_BYTES:
                raise self._unfinished(_TOO_LARGE, self._text.rest)
        yield from self._at_end()

    def _complete(self) -> Iterator[Record]:
        while self._text.next_sign():
            record = self._next_record()
            if record is None:
                return
            yield record

    def _at_end(self) -> Iterator[Record]:
        # A number may end with the file; anything else would be complete by now.
        self._text.add(b"\n")
        yield from self._complete()
        if self._text.next_sign():
            raise self._unfinished(_CUT_VALUE, self._text.rest[:-1])

    def _next_record(self) -> Record | None:
        offset = self._text.offset
        text = self._text.take_value()
        if text is None:
            return None
        if not text:
            raise self._broken(_MISPLACED)
        record = parse_record(self._raw.name, text, offset, self._index)
        self._index += 1
        return record

    def _unfinished(self, words: str, text: bytes) -> DataFileError:
        """Return the error for a value that has no end: the first mistake in it."""
        error = broken_value(
            self._raw.name, text, self._text.offset, self._index, words
        )
        if error.problem.startswith(_TOO_LARGE):
            return self._broken(words if self._index else words + self._hint)
        return error

    def _broken(self, problem: str) -> DataFileError:
        return DataFileError(
            self._raw.name,
            f"{problem}, after {counted(self._index, 'whole record')}",
            byte_offset=self._text.offset,
        )


class _Array(_Values):
    """The elements of an array.

    Args:
        raw: its bytes, from the bracket on.
    """

    _hint = ""

    def __init__(self, raw: RawData) -> None:
        super().__init__(raw)
        self._signs, self._may_be_value = b"[", False

    def _complete(self) -> Iterator[Record]:
        may_guess = True
        while sign := self._text.next_sign():
            if sign in self._signs:
                self._text.take(1)
                self._signs, self._may_be_value = _AFTER[sign]
            elif not self._may_be_value:
                raise self._broken(_MISPLACED if self._signs else _FOLLOWED)
            elif may_guess and not self._text.is_inside_value:
                may_guess = False
                yield from self._objects()
            elif record := self._next_record():
                self._value_ended()
                yield record
            else:
                return

    def _at_end(self) -> Iterator[Record]:
        if self._text.next_sign() or self._signs or self._may_be_value:
            raise self._unfinished(_CUT, self._text.rest)
        yield from ()

    def _value_ended(self) -> None:
        self._signs, self._may_be_value = b",]", False

    def _objects(self) -> Iterator[Record]:
        """Parse what seem to be objects up to a comma, all at once."""
        text = self._text.take_objects()
        values: list[Any] = []
        with suppress(orjson.JSONDecodeError):
            if text and not has_long_number(text):
                values = orjson.loads(b"[" + text + b"]")
        if not values:
            self._text.give_back(len(text))
            return
        self._value_ended()
        first, self._index = self._index, self._index + len(values)
        yield from map(Record, count(first), values)
