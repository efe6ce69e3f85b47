"""Looks into the ZIP archive of a workbook: is it one, how large it is, its errors.

The library that reads workbooks returns an error (``#N/A``) as an empty cell, which
would remove an attribute.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from posixpath import join, normpath
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
_WORKBOOK = "xl/workbook.xml"
_BINARY_WORKBOOK = "xl/workbook.bin"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_PIECE_BYTES = 1_000_000
_LONGEST_CELL_BYTES = 1000  # without its text
_TAG = re.compile(r"<(?:\w+:)?(sheet|Relationship)\s([^>]*)>")
_ATTRIBUTE = re.compile(r"""(?:(\w+):)?(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ERROR = re.compile(
    rb"""<(?:\w+:)?c\s(?=[^>]*\bt=["']e["'])[^>]*\br=["']([A-Z]+)(\d+)["'][^>]*>"""
    rb"(?:<(?:\w+:)?f\b.*?(?:</(?:\w+:)?f>|/>))?(?:<(?:\w+:)?v>([^<]*))?",
    re.DOTALL,
)


def is_workbook(file: BinaryIO) -> bool:
    """Return whether a ZIP archive is an Excel or OpenDocument workbook.

    Args:
        file: the archive; it is at its beginning before and after.
    """
    try:
        with ZipFile(file) as archive:
            names = archive.namelist()
            if _WORKBOOK in names or _BINARY_WORKBOOK in names:
                return True
            return "mimetype" in names and archive.read("mimetype").startswith(
                _OPEN_DOCUMENT
            )
    except (BadZipFile, NotImplementedError, OSError, RuntimeError, ValueError):
        return False
    finally:
        file.seek(0)


def unpacked_bytes(file: BinaryIO) -> int:
    """Return how large a workbook is when it is unpacked.

    Args:
        file: the workbook; it is at its beginning before and after.
    """
    try:
        with ZipFile(file) as archive:
            return sum(member.file_size for member in archive.infolist())
    except BadZipFile:  # .xls is not packed
        return file.seek(0, 2)
    finally:
        file.seek(0)


def error_cells(file: BinaryIO, sheet: str) -> dict[tuple[int, int], str]:
    """Return the cells of a sheet that are errors: row and column, from 0, -> text.

    Only .xlsx and .xlsm say it.

    Args:
        file: the workbook; it is at its beginning before and after.
        sheet: the sheet's name.
    """
    try:
        with ZipFile(file) as archive:
            member = _member_of(archive, sheet)
            return {} if member is None else dict(_errors_in(archive, member))
    except (BadZipFile, KeyError):
        return {}
    finally:
        file.seek(0)


def _member_of(archive: ZipFile, sheet: str) -> str | None:
    """Return the name of a sheet's XML in the archive."""
    if _WORKBOOK not in archive.namelist():
        return None
    targets = {each["Id"]: each["Target"] for each in _tags(archive, _RELATIONS)}
    for each in _tags(archive, _WORKBOOK):
        if each.get("name") == sheet and each.get("r:id") in targets:
            return normpath(join("/xl", targets[each["r:id"]])).lstrip("/")
    return None


def _tags(archive: ZipFile, member: str) -> Iterator[dict[str, str]]:
    """Return the attributes of the tags that describe sheets."""
    text = archive.read(member).decode("utf-8", "replace")
    for tag in _TAG.finditer(text):
        yield {
            f"{prefix}:{name}" if prefix else name: unescape(one or two)
            for prefix, name, one, two in _ATTRIBUTE.findall(tag[2])
        }


def _errors_in(archive: ZipFile, member: str) -> Iterator[tuple[tuple[int, int], str]]:
    with archive.open(member) as xml:
        text = b""
        while piece := xml.read(_PIECE_BYTES):
            text += piece
            for found in _ERROR.finditer(text):
                letters, row, value = found.groups()
                place = int(row) - 1, _column(letters)
                yield place, (value or b"").decode("utf-8", "replace")
            # A cell may be cut; one that is found twice is the same.
            text = text[-_LONGEST_CELL_BYTES:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1
