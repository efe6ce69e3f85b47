"""Records what a program writes to a folder, in the order in which it did so."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SOURCE = Path(__file__).with_name("recorder.c")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a folder, or a step that makes changes durable.

    Args:
        at: when, in monotonic seconds.
        kind: `open`, `create`, `mkdir`, `write`, `truncate`, `sync`, `sync-folder`,
            `rename` or `unlink`.
        inode: of the file, for the kinds about files; otherwise 0.
        path: from the folder, for the kinds about names.
        new_path: the new name after a `rename`.
        offset: where a `write` starts; the new size after a `truncate`.
        content: what was written.
    """

    at: float
    kind: str
    inode: int = 0
    path: str = ""
    new_path: str = ""
    offset: int = 0
    content: bytes = b""


@dataclass(frozen=True)
class Recorder:
    """Makes programs record what they write below a folder.

    Args:
        root: the folder.
        log: where the record is kept; not below the folder.
    """

    root: Path
    log: Path

    @contextmanager
    def on(self, build_in: Path) -> Iterator[None]:
        """Record all processes that are started meanwhile.

        Args:
            build_in: where to compile the recorder.
        """
        library = build_in / "recorder.so"
        command = ["cc", "-shared", "-fPIC", "-O1", "-o", library, _SOURCE, "-ldl"]
        subprocess.run(command, check=True)
        variables = {
            "LD_PRELOAD": str(library),
            "RECORD_ROOT": str(self.root),
            "RECORD_LOG": str(self.log),
        }
        os.environ.update(variables)
        try:
            yield
        finally:
            for name in variables:
                del os.environ[name]

    def changes(self) -> list[Change]:
        """Return all changes so far."""
        return list(_parse(self.log.read_bytes(), os.path.realpath(self.root) + "/"))


def _parse(log: bytes, root: str) -> Iterator[Change]:
    position = 0
    while position < len(log):
        end = log.index(b"\n", position)
        time, kind, rest = log[position:end].decode().split(" ", 2)
        position = end + 1
        content = b""
        if kind == "write":
            length = int(rest.split()[2])
            content = log[position : position + length]
            position += length + 1
        yield _change(int(time) / 1e9, kind, rest, content, root)


def _change(at: float, kind: str, rest: str, content: bytes, root: str) -> Change:
    if kind in ("open", "create"):
        inode, path = rest.split(" ", 1)
        return Change(at, kind, inode=int(inode), path=path.removeprefix(root))
    if kind in ("write", "truncate"):
        numbers = [int(number) for number in rest.split()]
        return Change(at, kind, inode=numbers[0], offset=numbers[1], content=content)
    if kind == "sync":
        return Change(at, kind, inode=int(rest))
    if kind == "rename":
        path, new_path = (each.removeprefix(root) for each in rest.split("\t"))
        return Change(at, kind, path=path, new_path=new_path)
    assert kind in ("mkdir", "sync-folder", "unlink"), f"cannot record {kind}"
    # The folder itself is "".
    return Change(at, kind, path=(rest + "/").removeprefix(root).rstrip("/"))
