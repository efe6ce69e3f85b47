"""Which loads of an interrupted run are continued."""

from __future__ import annotations

import pytest

from cio_pipeline.store.queue.load_plan import (
    FileChanges,
    Load,
    LoadIdentity,
    plan_loads,
)


def identity(text: str, mapping: str = "m") -> LoadIdentity:
    """Return a file: a name, and a version after a colon."""
    name, _, version = text.partition(":")
    is_pipe = version == "pipe"
    return LoadIdentity(
        source=name,
        fingerprint=None if is_pipe else f"{name}{version}",
        mapping=mapping,
    )


def loads(text: str) -> list[Load]:
    """Return loads: `a+` is finished, `b` has begun, `c-` has not."""
    return [
        Load(
            id=number,
            identity=identity(name.strip("+-")),
            next_index=0 if name.endswith("-") else 3,
            is_finished=name.endswith("+"),
        )
        for number, name in enumerate(text.split(), 1)
    ]


def plan(earlier: str, now: str, mapping: str = "m") -> tuple[str, FileChanges]:
    """Return the names of the continued loads, and the changes."""
    found = plan_loads(
        loads(earlier), [identity(name, mapping) for name in now.split()]
    )
    return " ".join(load.identity.source for load in found.continued), found.changes


@pytest.mark.parametrize(
    ("earlier", "now", "continued"),
    [
        ("", "a b", ""),
        ("a", "a", "a"),
        ("a+ b c-", "a b c", "a b"),
        ("a+ b+ c-", "a b c d", "a b"),
        ("a+ b+", "x y", ""),
    ],
    ids=["nothing", "one file", "several", "one more at the end", "other files"],
)
def test_what_was_loaded_is_not_loaded_again(
    earlier: str, now: str, continued: str
) -> None:
    """Finished files are done, and the unfinished one goes on."""
    assert plan(earlier, now)[0] == continued


@pytest.mark.parametrize(
    ("earlier", "now", "continued", "changes"),
    [
        ("a+ b c-", "a b:new c", "a", FileChanges(changed=("b",))),
        ("a+ b c-", "a:new b c", "", FileChanges(changed=("a",))),
        ("a+ b c-", "a new b c", "a", FileChanges(added=("new",))),
        ("a+ b c-", "b c", "b", FileChanges(gone=("a",))),
        ("a+ b+ c", "a c", "", FileChanges(gone=("b",))),
        ("a+ b", "a", "", FileChanges(gone=("b",))),
        ("a+ b c-", "b a c", "", FileChanges()),
        ("a+ b c-", "a b", "a b", FileChanges()),
    ],
    ids=[
        "changed",
        "changed before the others",
        "added",
        "the oldest is gone",
        "one between is gone",
        "the last is gone",
        "another order",
        "one that was not read is gone",
    ],
)
def test_files_after_one_that_is_loaded_again_are_loaded_again(
    earlier: str, now: str, continued: str, changes: FileChanges
) -> None:
    """Else an older record of a user would overwrite a newer one."""
    assert plan(earlier, now) == (continued, changes)


def test_another_mapping_loads_everything_again() -> None:
    """A file must not be loaded half by one rule and half by another."""
    assert plan("a+ b", "a b", mapping="other") == ("", FileChanges())


def test_a_pipe_is_never_continued() -> None:
    """Nothing shows that it has the same data."""
    assert plan("a+ p:pipe", "a p:pipe") == ("a", FileChanges())


def test_a_moved_file_is_the_same_file() -> None:
    """It is recognized by its data, not by its name."""
    moved = LoadIdentity(source="moved", fingerprint="a", mapping="m")

    assert plan_loads(loads("a"), [moved]).continued == tuple(loads("a"))
