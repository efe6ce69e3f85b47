"""What the viewers of the live page wait for. Thread-safe."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

MOST_VIEWERS = 50


class Edition(NamedTuple):
    """The parts of the page at one time.

    Args:
        number: it grows with each change.
        run_id: the run that they show; empty if there is none.
        parts: name -> HTML.
    """

    number: int
    run_id: str
    parts: Mapping[str, str]

    def since(self, earlier: Edition) -> dict[str, str]:
        """Return the parts that differ from those of an earlier edition."""
        return {
            name: html
            for name, html in self.parts.items()
            if earlier.parts.get(name) != html
        }


NOTHING = Edition(0, "", {})


@dataclass(slots=True)
class Feed:
    """Hands the latest edition to the viewers."""

    _changed: threading.Condition = field(default_factory=threading.Condition)
    _latest: Edition = NOTHING
    viewers: int = 0
    is_over: bool = False

    def join(self) -> bool:
        """Add a viewer; return whether there is room for one more."""
        with self._changed:
            has_room = self.viewers < MOST_VIEWERS and not self.is_over
            self.viewers += has_room
            return has_room

    def leave(self) -> None:
        """Remove a viewer."""
        with self._changed:
            self.viewers -= 1
            self._changed.notify_all()

    def wait_until_empty(self, seconds: float) -> None:
        """Wait at most this long until every viewer has left."""
        with self._changed:
            self._changed.wait_for(lambda: not self.viewers, seconds)

    def publish(self, run_id: str, parts: Mapping[str, str]) -> None:
        """Make an edition, if anything is different."""
        with self._changed:
            if (run_id, parts) != (self._latest.run_id, self._latest.parts):
                self._latest = Edition(self._latest.number + 1, run_id, parts)
                self._changed.notify_all()

    def end(self) -> None:
        """Let every viewer know that nothing more will come."""
        with self._changed:
            self.is_over = True
            self._changed.notify_all()

    def wait(self, seen: Edition, seconds: float) -> Edition:
        """Wait for a later edition, or for the end; return the latest edition."""
        with self._changed:
            self._changed.wait_for(
                lambda: self.is_over or self._latest.number > seen.number, seconds
            )
            return self._latest
