"""The disks that may be left after a power cut.

A file system promises little about what was not synced. After `fsync` a file has its
content, and after `fsync` of a folder the folder has its names. Of what came later,
any part can be there: sectors in any order, names or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from random import Random

from tests.power_cuts.recording import Change

# The sizes of the pieces that a disk writes completely or not at all.
SECTORS = (512, 4096)


@dataclass(slots=True)
class _File:
    """A file: what is durable, and the changes since."""

    durable: bytes = b""
    pending: list[Change] = field(default_factory=list)

    def sync(self) -> None:
        content = bytearray(self.durable)
        for change in self.pending:
            _apply(content, change)
        self.durable = bytes(content)
        self.pending.clear()


@dataclass(slots=True)
class _Name:
    """A change of the names in a folder. A file of None is a folder of its own."""

    change: Change
    file: _File | None


class Disk:
    """A recorded folder, with what is durable and what is not.

    Args:
        before: path -> content of each file that was there before, None for folders.
        changes: all changes of the folder up to the power cut, in order.
    """

    def __init__(
        self, before: dict[str, bytes | None], changes: Iterable[Change]
    ) -> None:
        self._files: dict[int, _File] = {}
        # The durable ones.
        self._names: dict[str, _File | None] = {
            path: None if content is None else _File(content)
            for path, content in before.items()
        }
        self._pending: list[_Name] = []
        for change in changes:
            self._add(change)

    def _add(self, change: Change) -> None:
        if change.kind in ("write", "truncate"):
            self._files[change.inode].pending.append(change)
        elif change.kind == "sync":
            self._files[change.inode].sync()
        elif change.kind == "create":
            self._files[change.inode] = _File()
            self._pending.append(_Name(change, self._files[change.inode]))
        elif change.kind == "sync-folder":
            self._sync_folder(change.path)
        elif change.kind == "open":
            self._open(change)
        else:
            self._pending.append(_Name(change, None))

    def _open(self, change: Change) -> None:
        """Note which of the files from before has this inode."""
        file = self._names.get(change.path)
        if change.inode not in self._files and file is not None:
            self._files[change.inode] = file

    def _sync_folder(self, path: str) -> None:
        def is_of_folder(name: _Name) -> bool:
            return parent_of(name.change.path) == path

        for name in filter(is_of_folder, self._pending):
            _apply_name(self._names, name)
        self._pending = [each for each in self._pending if not is_of_folder(each)]

    def write_to(self, folder: Path, random: Random) -> None:
        """Write one of the possible disks to an empty folder.

        Args:
            folder: where to write it.
            random: chooses what of the changes that were not synced is there.
        """
        names = dict(self._names)
        is_all_lost = random.random() < 0.2
        for name in [] if is_all_lost else _some_in_order(self._pending, random):
            _apply_name(names, name)
        sector = None if is_all_lost else random.choice(SECTORS)
        written: dict[int, bytes] = {}
        for path in sorted(names):
            if not _has_parents(path, names):
                continue
            file = names[path]
            if file is None:
                (folder / path).mkdir()
                continue
            content = written.get(id(file))
            if content is None:
                content = written[id(file)] = _content(file, sector, random)
            (folder / path).write_bytes(content)
            (folder / path).chmod(0o600)


def parent_of(path: str) -> str:
    """Return the folder of a path, "" for the folder that is recorded."""
    parent = str(PurePath(path).parent)
    return "" if parent == "." else parent


def _has_parents(path: str, names: dict[str, _File | None]) -> bool:
    parent = parent_of(path)
    return not parent or (parent in names and _has_parents(parent, names))


def _apply_name(names: dict[str, _File | None], name: _Name) -> None:
    change = name.change
    if change.kind in ("create", "mkdir"):
        names[change.path] = name.file
    elif change.kind == "unlink":
        names.pop(change.path, None)
    elif change.path in names:  # a rename; not, if the old name was lost
        names[change.new_path] = names.pop(change.path)


def _some_in_order(names: list[_Name], random: Random) -> list[_Name]:
    """Choose names that are there: often all up to some, as a journal keeps them."""
    way = random.choice(("none", "all", "first", "any"))
    if way == "first":
        return names[: random.randint(0, len(names))]
    share = {"none": 0.0, "all": 1.0, "any": 0.5}[way]
    return [name for name in names if random.random() < share]


def _content(file: _File, sector: int | None, random: Random) -> bytes:
    """Return a content that a file may have; the durable one without a sector."""
    if sector is None:
        return file.durable
    content = bytearray(file.durable)
    pieces = [piece for change in file.pending for piece in _pieces(change, sector)]
    way = random.choice(("none", "all", "first", "any", "any"))
    if way == "first":
        pieces = pieces[: random.randint(0, len(pieces))]
    share = {"none": 0.0, "all": 1.0, "first": 1.0}.get(way, random.random())
    for piece in pieces:
        if random.random() < share:
            _apply(content, piece)
    return bytes(content)


def _pieces(change: Change, sector: int) -> Iterable[Change]:
    """Cut a write at the borders of sectors."""
    if change.kind == "truncate":
        yield change
        return
    start, end = change.offset, change.offset + len(change.content)
    while start < end:
        border = min(end, (start // sector + 1) * sector)
        part = change.content[start - change.offset : border - change.offset]
        yield Change(change.at, "write", change.inode, offset=start, content=part)
        start = border


def _apply(content: bytearray, change: Change) -> None:
    end = change.offset + len(change.content)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if change.kind == "truncate":
        del content[end:]
    else:
        content[change.offset : end] = change.content
