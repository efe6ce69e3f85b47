"""An attempt that takes too long is ended from another thread."""

from __future__ import annotations

import contextlib
import socket
import threading

from urllib3.connection import HTTPConnection

from cio_pipeline.customerio.http.deadlines import Deadlines


def test_a_wait_that_takes_too_long_is_ended() -> None:
    """A server that never answers must not block a thread forever."""
    deadlines = Deadlines(0.0)
    ours, theirs = socket.socketpair()
    connection = HTTPConnection("127.0.0.1")
    connection.sock = ours
    began = threading.Event()
    read: list[bytes] = []
    was_overdue: list[bool] = []

    def wait_for_an_answer() -> None:
        deadlines.begin(connection)
        began.set()
        read.append(ours.recv(1))
        was_overdue.append(deadlines.done())

    thread = threading.Thread(target=wait_for_an_answer, daemon=True)
    with contextlib.closing(ours), contextlib.closing(theirs):
        thread.start()
        assert began.wait(10)
        while thread.is_alive():
            deadlines.cut_overdue()
            thread.join(0.01)

    assert (read, was_overdue) == ([b""], [True])
    assert deadlines.busy() == set()


def test_an_attempt_in_time_is_left_alone() -> None:
    """Its connection is kept for the next request."""
    deadlines = Deadlines(60.0)
    ours, theirs = socket.socketpair()
    connection = HTTPConnection("127.0.0.1")
    connection.sock = ours

    with contextlib.closing(ours), contextlib.closing(theirs):
        deadlines.begin(connection)
        assert deadlines.busy() == {connection}
        deadlines.cut_overdue()
        theirs.send(b"x")

        assert ours.recv(1) == b"x"
        assert not deadlines.done()


def test_a_time_in_which_the_process_did_not_run_does_not_count() -> None:
    """After a laptop's sleep, all requests would be ended at once."""
    deadlines = Deadlines(-30.0)
    deadlines.begin(HTTPConnection("127.0.0.1"))

    deadlines.skip(60.0)

    assert not deadlines.done()
