"""What the viewers of the live page wait for."""

from __future__ import annotations

import threading

from cio_pipeline.commands.status.feed import MOST_VIEWERS, NOTHING, Feed


def test_every_viewer_gets_what_is_new_to_it() -> None:
    """One that comes late gets all of it."""
    feed = Feed()
    feed.publish("r1", {"a": "1", "b": "1"})
    early = feed.wait(NOTHING, 0)
    feed.publish("r1", {"a": "2", "b": "1"})

    latest = feed.wait(early, 10)

    assert latest.since(early) == {"a": "2"}
    assert latest.since(NOTHING) == {"a": "2", "b": "1"}


def test_the_same_again_is_no_edition() -> None:
    """A page that does not change is not sent."""
    feed = Feed()
    feed.publish("r1", {"a": "1"})
    seen = feed.wait(NOTHING, 0)
    feed.publish("r1", {"a": "1"})

    assert feed.wait(seen, 0) == seen
    feed.publish("r2", {"a": "1"})
    assert feed.wait(seen, 0).run_id == "r2"


def test_the_end_wakes_all_viewers() -> None:
    """Ctrl-C must not wait for them."""
    feed = Feed()
    assert feed.join()
    woken = threading.Event()

    def view() -> None:
        feed.wait(NOTHING, 60)
        woken.set()
        feed.leave()

    thread = threading.Thread(target=view)
    thread.start()
    feed.end()
    feed.wait_until_empty(60)
    thread.join(60)

    assert woken.is_set()
    assert feed.viewers == 0
    assert not feed.join()


def test_there_is_room_for_some_viewers() -> None:
    """Each has a thread."""
    feed = Feed()

    assert [feed.join() for _ in range(MOST_VIEWERS)] == [True] * MOST_VIEWERS
    assert not feed.join()
    feed.leave()
    assert feed.join()
