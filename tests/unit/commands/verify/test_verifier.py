"""Comparing a data file with what Customer.io holds."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from cio_pipeline.commands.verify.comparison import FoundPerson
from cio_pipeline.commands.verify.verifier import Verification, Verifier
from cio_pipeline.core.config import Config, parse_config
from cio_pipeline.core.identifiers import Identity
from cio_pipeline.core.mapping import mapper_for
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source import find_inputs
from tests.support.builders import make_clock


class Workspace:
    """Looks people up in a dictionary; ``later`` is what is there from look 2 on."""

    def __init__(
        self, people: dict[str, str], later: dict[str, str] | None = None
    ) -> None:
        self._answers = [people, people if later is None else later]
        self.asked: list[list[str]] = []

    @property
    def everybody(self) -> list[str]:
        """Return all that was looked up, in order."""
        return [user for users in self.asked for user in users]

    def find(self, users: dict[Identity, str]) -> dict[Identity, FoundPerson]:
        """Answer as `LookUps` does."""
        people = self._answers[min(len(self.asked), 1)]
        self.asked.append(list(users.values()))
        return {
            user: FoundPerson({"n": people[text]})
            for user, text in users.items()
            if text in people
        }


class NoWait(Event):
    """A stop event whose waits take no time, and are noted."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Return at once."""
        self.waits.append(timeout)
        return self.is_set()


def config(**keys: Any) -> Config:
    """Return a configuration that maps `n` to `n`."""
    mappings = [{"from": "n", "to": "n"}]
    document = {"parallelism": 1, "userId": "id", "mappings": mappings, **keys}
    return parse_config(json.dumps(document).encode(), "c.json")


def verify(
    records: list[Any],
    workspace: Workspace,
    folder: Path,
    *,
    sample: int | None = None,
    wait_seconds: float = 0.0,
    stop: Event | None = None,
    **keys: Any,
) -> Verification:
    """Compare records, mapped from `n` to `n`, with a workspace.

    Further arguments are configuration keys.
    """
    path = folder / "data.json"
    path.write_text(json.dumps(records), "utf-8")
    ticks = count()
    return Verifier(
        mapper=mapper_for(config(**keys)),
        inputs=find_inputs([str(path)], ReadOptions()),
        look_ups=workspace,  # type: ignore[arg-type]  # its one method is all it needs
        sample=sample,
        wait_seconds=wait_seconds,
        stop=stop or NoWait(),
        clock=make_clock(lambda: float(next(ticks))),
        on_progress=lambda _: None,
    ).run()


def test_each_user_is_counted_as_one_of_four(tmp_path: Path) -> None:
    """Matching, missing, different, or a record without a user."""
    records = [{"id": 1, "n": 1}, {"id": 2, "n": 2}, {"id": 3, "n": 3}, {"n": 4}]

    result = verify(records, Workspace({"1": "1", "2": "x"}), tmp_path)

    assert (result.checked, result.matching, result.invalid) == (3, 1, 1)
    assert result.missing_users == ["3"]
    assert [user.user_id for user in result.different_users] == ["2"]
    assert not result.is_match


def test_a_user_with_several_records_is_compared_with_all_of_them(
    tmp_path: Path,
) -> None:
    """Merged in the order of the file, as a sync has sent them."""
    records = [{"id": 1, "n": 1}, {"id": 2, "n": 5}, {"id": 1, "n": 2}, {"id": 1}]
    workspace = Workspace({"1": "2", "2": "5"})

    result = verify(records, workspace, tmp_path)
    other = verify(records, Workspace({"1": "7", "2": "5"}), tmp_path)

    assert (result.checked, result.matching) == (2, 2)
    assert sorted(workspace.everybody) == ["1", "2"]
    assert (other.matching, other.different) == (1, 1)


@pytest.mark.parametrize("size", [0, 1, 7, 50, 80])
def test_a_sample_has_its_size_and_is_the_same_each_time(
    tmp_path: Path, size: int
) -> None:
    """Two looks at the same data compare the same users."""
    records = [{"id": n, "n": n} for n in range(50)]
    first, again = Workspace({}), Workspace({})

    verify(records, first, tmp_path, sample=size)
    verify(records[::-1], again, tmp_path, sample=size)

    assert len(first.everybody) == min(size, 50)
    assert sorted(first.everybody) == sorted(again.everybody)


def test_who_differs_is_looked_up_again_while_the_wait_allows(tmp_path: Path) -> None:
    """What was just sent takes some seconds until it shows."""
    records = [{"id": 1, "n": 1}, {"id": 2, "n": 2}]
    workspace = Workspace({"1": "1"}, later={"1": "1", "2": "2"})

    result = verify(records, workspace, tmp_path, wait_seconds=1.0)

    assert workspace.asked == [["1", "2"], ["2"]]
    assert result.is_match


def test_looks_at_one_user_are_seconds_apart(tmp_path: Path) -> None:
    """The App API takes 10 requests a second, and others use it too."""
    workspace, stop = Workspace({}), NoWait()

    verify([{"id": 1, "n": 1}], workspace, tmp_path, wait_seconds=3.0, stop=stop)

    assert len(workspace.asked) == 4
    assert stop.waits == [2.0, 2.0]


def test_without_a_wait_the_first_look_counts(tmp_path: Path) -> None:
    """`-wait 0`."""
    workspace = Workspace({}, later={"1": "1"})

    result = verify([{"id": 1, "n": 1}], workspace, tmp_path)

    assert (len(workspace.asked), result.missing) == (1, 1)


def test_a_file_that_maps_to_nobody_does_not_match(tmp_path: Path) -> None:
    """A wrong userId in the configuration is no success."""
    assert not verify([{"n": 1}], Workspace({}), tmp_path).is_match
    assert verify([], Workspace({}), tmp_path).is_match


@pytest.mark.parametrize(
    ("operations", "is_there", "is_match"),
    [
        ("D", True, False),
        ("D", False, True),
        ("S", True, False),
        ("ID", False, True),
        ("DI", True, True),
        ("DI", False, False),
        ("SI", False, True),
        ("SIU", True, False),
        ("SU", False, True),
        ("U", False, True),
        ("U", True, True),
    ],
)
def test_who_was_deleted_or_suppressed_should_be_gone(
    tmp_path: Path, operations: str, is_there: bool, is_match: bool
) -> None:
    """Customer.io ignores what comes after a suppression; U unsuppresses."""
    values = {"I": "upsert", "D": "delete", "S": "suppress", "U": "unsuppress"}
    records = [{"id": 1, "n": 1, "op": each} for each in operations]

    result = verify(
        records,
        Workspace({"1": "1"} if is_there else {}),
        tmp_path,
        action={"from": "op", "values": values},
    )

    assert result.is_match is is_match
    assert result.checked == 1
    if is_there and not is_match:
        assert (result.not_removed, result.not_removed_users) == (1, ["1"])


def test_nobody_is_missing_who_was_not_to_be_created(tmp_path: Path) -> None:
    """Only people that exist are compared."""
    result = verify(
        [{"id": 1, "n": 1}, {"id": 2, "n": 2}],
        Workspace({"2": "7"}),
        tmp_path,
        people="existing",
    )

    assert (result.matching, result.missing, result.different) == (1, 0, 1)


def test_people_are_looked_up_by_the_kind_of_their_identifier(tmp_path: Path) -> None:
    """An id that looks like an address is an id."""
    workspace = Workspace({"Ada@x.io": "1"})

    result = verify(
        [{"id": "Ada@x.io", "n": 1}],
        workspace,
        tmp_path,
        userId={"from": "id", "kind": "id"},
    )

    assert result.is_match
    assert workspace.everybody == ["Ada@x.io"]
