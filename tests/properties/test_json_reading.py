"""JSON readers compared with the standard library, with bytes in any pieces."""

from __future__ import annotations

import io
import json
from typing import Any, Literal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.jobs import Record
from cio_pipeline.source import open_source
from cio_pipeline.source.json_cut import JsonText


class Pieces(io.RawIOBase):
    """Bytes that arrive a few at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        self._left = content
        self._size = size

    def readable(self) -> bool:
        """Return True: it is for reading."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read the next few bytes."""
        end = min(self._size, size)
        piece, self._left = self._left[:end], self._left[end:]
        return piece


def read(
    content: bytes, size: int, data_format: Literal["json", "jsonl"] = "json"
) -> tuple[list[Record], DataFileError | None]:
    """Read until the end or an error."""
    records: list[Record] = []
    try:
        with open_source(
            "-", format=data_format, stdin=Pieces(content, size)
        ) as source:
            records.extend(source.records())
    except DataFileError as error:
        return records, error
    return records, None


def values_of(records: list[Record]) -> list[Any]:
    """Return the records' values."""
    return [record.value for record in records]


_text = st.text(st.characters(), max_size=6) | st.sampled_from(
    ["},{", '"},{"id": 1', "\\", '\\"', "]", "[{", "\n},\n{", "\ud83d", "é\U0001f600"]
)
_numbers = (
    st.integers()
    | st.integers(2**63 - 2, 2**64 + 2)
    | st.just(-(10**40))
    | st.floats(allow_nan=False, allow_infinity=False)
)
_values = st.recursive(
    st.none() | st.booleans() | _numbers | _text,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(st.fixed_dictionaries({"id": inner, "a": inner}), max_size=4)
        | st.dictionaries(_text, inner, max_size=3)
    ),
    max_leaves=10,
)
_objects = st.fixed_dictionaries({"id": _values}, optional={"a": _values, "b": _values})
_documents = st.lists(_objects, max_size=8) | st.lists(_values, max_size=5)
_layouts = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 2, "\t"]),
        "separators": st.sampled_from([(",", ":"), (", ", ": "), (" ,\r\n", " : ")]),
    }
)
_sizes = st.sampled_from([1, 2, 3, 7, 20, 64, 300, 100_000])


@settings(max_examples=100, deadline=None)
@given(_documents, _layouts, _sizes)
def test_an_array_is_what_the_standard_library_reads(
    document: list[Any], layout: dict[str, Any], size: int
) -> None:
    """Guessed ends, and inner objects or texts that look like ends, do no harm."""
    content = json.dumps(document, **layout).encode()

    records, error = read(content, size)

    assert error is None
    assert values_of(records) == document
    assert [record.record_index for record in records] == list(range(len(document)))


@settings(max_examples=100, deadline=None)
@given(st.lists(_objects, min_size=2, max_size=8), _layouts, _sizes)
def test_sequences_of_objects_are_read(
    document: list[Any], layout: dict[str, Any], size: int
) -> None:
    """JSON Lines, pretty-printed objects and objects without a gap alike.

    If the first object is one line, then each object is: no program writes otherwise.
    """
    texts = [json.dumps(value, **layout) for value in document]
    assume("\n" in texts[0] or not any("\n" in text for text in texts))

    for gap in ("\n", "", " \r\n\n"):
        records, error = read(gap.join(texts).encode(), size)
        assert error is None
        assert values_of(records) == document


@settings(max_examples=100, deadline=None)
@given(st.lists(_values, max_size=8), _sizes)
def test_json_lines_are_what_the_standard_library_reads(
    document: list[Any], size: int
) -> None:
    """Line by line, with any content."""
    lines = [json.dumps(value) for value in document]
    if lines and lines[0].startswith("["):
        lines.insert(0, "{}")

    records, error = read("\n".join(lines).encode(), size, "jsonl")

    assert error is None
    assert values_of(records) == [json.loads(line) for line in lines]


@settings(max_examples=100, deadline=None)
@given(st.lists(_objects, min_size=1, max_size=6), st.data(), _sizes)
def test_an_array_cut_at_any_byte_ends_there(
    document: list[Any], data: st.DataObject, size: int
) -> None:
    """All complete records are read, and the byte is where the file ends."""
    content = json.dumps(document).encode()
    cut = data.draw(st.integers(1, len(content) - 1))

    records, error = read(content[:cut], size)

    assert error is not None
    assert error.byte_offset == cut
    assert "the file ends inside the array" in str(error)
    ends = [len(json.dumps(document[: n + 1])) - 1 for n in range(len(document))]
    assert values_of(records) == document[: sum(end <= cut for end in ends)]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(_objects, min_size=1, max_size=6),
    st.data(),
    st.sampled_from([b"!", b"\xff", b"\x00", b"}", b"]", b",", b'"', b"{", b"\\"]),
)
def test_an_error_does_not_depend_on_how_the_bytes_arrive(
    document: list[Any], data: st.DataObject, junk: bytes
) -> None:
    """The same records, problems and byte for every size of piece."""
    content = json.dumps(document).encode()
    place = data.draw(st.integers(4, len(content)))
    content = content[:place] + junk + content[place:]

    whole, error = read(content, len(content))

    for size in (1, 5, 64):
        records, again = read(content, size)
        assert (records, str(again)) == (whole, str(error))
    good = sum(
        len(json.dumps(document[: n + 1])) <= place for n in range(len(document))
    )
    assert values_of(whole)[:good] == document[:good]


BAD_VALUES = [
    (b"1e" + b"9" * 60, "too large"),
    (b"-1E+" + b"9" * 60, "too large"),
    (b"7" * 5000, "too large"),
    (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
    (b'"\xed\xa0\xbd\xed\xb8\x80"', "not UTF-8"),
    (b'"\xc0\xaf"', "not UTF-8"),
    (b'"\x80"', "not UTF-8"),
    (b'"\xf0\x9f\x98"', "not UTF-8"),
    (b'{"\xe9": 1}', "not UTF-8"),
]


@pytest.mark.parametrize(("bad", "words"), BAD_VALUES, ids=range(len(BAD_VALUES)))
@pytest.mark.parametrize("size", [1, 100_000])
def test_a_problem_in_one_record_affects_only_that_record(
    bad: bytes, words: str, size: int
) -> None:
    """Its end can be found, so the others are read: one dead letter, no error."""
    texts = [b'{"id": 0}', b'{"id": 1, "v": ' + bad + b"}", b'{"id": 2}']

    for data_format, content in (
        ("json", b"[" + b", ".join(texts) + b"]"),
        ("json", b" ".join(texts)),
        ("jsonl", b"\n".join(texts)),
    ):
        pieces = max(size, len(bad) // 5_000)  # of the deepest value, 5,000 are enough
        records, error = read(content, pieces, data_format)  # type: ignore[arg-type]  # two literals
        assert error is None
        assert [record.problem is None for record in records] == [True, False, True]
        assert words in str(records[1].problem)


@pytest.mark.parametrize(
    ("text", "value"), [(b"1e-" + b"9" * 60, 0.0), (b"0e" + b"9" * 60, 0.0)]
)
def test_a_number_too_small_for_a_float_is_zero(text: bytes, value: float) -> None:
    """As every JSON reader has it; an exponent may have any number of digits."""
    records, error = read(b'[{"v": ' + text + b"}]", 7)

    assert error is None
    assert values_of(records) == [{"v": value}]


def test_a_value_in_many_pieces_is_read_only_once() -> None:
    """Otherwise 16 MB would take minutes: time grows with the square of the size."""
    text = JsonText(0)

    for piece in (b' [1, "', b'\\"x', b'", {', b"}"):
        text.add(piece)
        text.next_byte()
        assert text.take_value() is None
        assert text.next_byte() == b"["
        assert text.is_inside_value
    text.add(b"]")

    assert text.take_value() == b'[1, "\\"x", {}]'
