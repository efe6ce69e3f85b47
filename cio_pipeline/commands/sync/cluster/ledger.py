"""Which shards of a run have ended, so that the same command can go on.

The driver writes it into its own state folder, also if the workers do not share that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from cio_pipeline.console.private_file import write_private_file

_FILE = "cluster.json"


@dataclass(kw_only=True)
class Ledger:
    """The shards that have ended with everything sent.

    Args:
        folder: where it is written; the caller holds its lock.
        identity: what is synced, and how.
        token: names this run of all shards.
        ended: their indexes.
    """

    folder: Path
    identity: str
    token: str
    ended: set[int] = field(default_factory=set)

    def add(self, index: int) -> None:
        """Note that a shard has ended.

        Raises:
            UsageError: the file cannot be written.
        """
        self.ended.add(index)
        self.write()

    def write(self) -> None:
        """Write it."""
        document = {
            "identity": self.identity,
            "token": self.token,
            "ended": sorted(self.ended),
        }
        write_private_file(self.folder / _FILE, [json.dumps(document)])

    def close(self) -> None:
        """Forget it: all shards have ended, and the next run is a new one."""
        (self.folder / _FILE).unlink(missing_ok=True)


def open_ledger(folder: Path, identity: str, new_token: str) -> Ledger:
    """Return that of an earlier run that did not end, or a new one.

    Args:
        folder: where it is written.
        identity: what is synced, and how; another identity is another run.
        new_token: the token of a new one.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        document = json.loads((folder / _FILE).read_text("utf-8"))
        if document["identity"] == identity:
            ended = {int(index) for index in document["ended"]}
            token = str(document["token"])
            return Ledger(folder=folder, identity=identity, token=token, ended=ended)
    except (OSError, ValueError, TypeError, KeyError):
        pass  # there is none, or it is damaged: the shards themselves go on anyway
    ledger = Ledger(folder=folder, identity=identity, token=new_token)
    ledger.write()
    return ledger
