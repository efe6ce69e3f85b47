"""A table of which no row could be used is refused at once."""

from __future__ import annotations

import pytest

from cio_pipeline.core.errors import DataFileError
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source.columns import check_columns


def check(*names: str, ids: str = "id") -> None:
    """Check columns, of which one identifies a user."""
    check_columns("users", names, ReadOptions(ids=frozenset(ids.split())))


@pytest.mark.parametrize("ids", ["id", "a.b", "a.b.c", "missing id"])
def test_one_column_for_the_id_is_enough(ids: str) -> None:
    """A dotted name may be a column, or a path into one."""
    check("id", "a", "a.b", ids=ids)


def test_without_a_column_for_the_id_the_nearest_is_named() -> None:
    """It is usually a typing error."""
    with pytest.raises(
        DataFileError, match="no column 'id', the user id; did you mean"
    ):
        check("ID", "name")
    with pytest.raises(
        DataFileError, match=r"no column 'a.x' or 'b'.*its columns are n"
    ):
        check("n", ids="b a.x")


def test_two_columns_of_one_name_are_refused() -> None:
    """Which of them would count?"""
    with pytest.raises(DataFileError, match="two columns are named 'n'"):
        check("id", "n", "n")
