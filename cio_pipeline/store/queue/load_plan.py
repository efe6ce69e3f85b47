"""Which loads of an interrupted run are continued. Pure.

A run's data files are a *set*: they are loaded in order, because the last record of a
user wins. So a file that is loaded from its beginning must be followed by all files
after it, also from their beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadIdentity:
    """What identifies a load in a later run.

    Args:
        source: the data file's name, for people; it may change.
        fingerprint: the data's fingerprint; None if there is none (a pipe).
        mapping: a digest of how records are mapped.
    """

    source: str
    fingerprint: str | None
    mapping: str

    @property
    def key(self) -> tuple[str | None, str]:
        """What is equal for the same data, mapped in the same way."""
        return self.fingerprint, self.mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One load.

    Args:
        id: its number; loads of a set have ascending ones.
        identity: what identifies it.
        next_index: the index of the next record to load.
        is_finished: whether all of the data is in the queue.
    """

    id: int
    identity: LoadIdentity
    next_index: int = 0
    is_finished: bool = False

    @property
    def is_begun(self) -> bool:
        """Whether any of the data may be in the queue."""
        return self.is_finished or self.next_index > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanges:
    """How a run's files differ from those of the interrupted run, by names.

    Args:
        changed: files that were loaded, or partly, and are different now.
        gone: files that were loaded, or partly, and are not there now.
        added: files that were not there.
    """

    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.changed or self.gone or self.added)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is continued.

    Args:
        continued: loads of the run's first files, in order. The other files are
            loaded from their beginning.
        changes: how the files differ from those of the interrupted run.
    """

    continued: tuple[Load, ...] = ()
    changes: FileChanges = FileChanges()


def plan_loads(earlier: Sequence[Load], files: Sequence[LoadIdentity]) -> Plan:
    """Decide which loads of the interrupted run are continued.

    Loads are continued up to the first file that is not the next one of the earlier
    set. A file that is gone does not matter if it was before all that are left: what
    was loaded of it is older. Otherwise its values may be over those of files before
    it, so all files are loaded again.

    Args:
        earlier: the loads of the interrupted run's set, in order.
        files: the files of this run, in order.
    """
    begun = [load for load in earlier if load.is_begun]
    keys = {file.key for file in files if file.fingerprint is not None}
    names = {file.source for file in files}
    is_left = [
        load.identity.key in keys or load.identity.source in names for load in begun
    ]
    if not any(is_left):
        return Plan()
    left = begun[is_left.index(True) :]
    continued: list[Load] = []
    if len(left) == sum(is_left):
        for load, file in zip(left, files, strict=False):
            if load.identity.key != file.key or file.fingerprint is None:
                break
            continued.append(load)
    gone = [load for load, is_here in zip(begun, is_left, strict=True) if not is_here]
    return Plan(continued=tuple(continued), changes=_changes(earlier, files, gone))


def _changes(
    earlier: Sequence[Load], files: Sequence[LoadIdentity], gone: Sequence[Load]
) -> FileChanges:
    known = {load.identity.fingerprint for load in earlier}
    names = {load.identity.source: load.is_begun for load in earlier}
    others = [file.source for file in files if file.fingerprint not in known]
    return FileChanges(
        changed=tuple(name for name in others if names.get(name)),
        gone=tuple(load.identity.source for load in gone),
        added=tuple(name for name in others if name not in names),
    )
