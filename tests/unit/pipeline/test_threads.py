"""Threads are started and joined."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from cio_pipeline.core.errors import StopRun
from cio_pipeline.pipeline.threads import ThreadGroup

NO_SUCH_STACK = 1 << 61  # more address space than there is: no thread gets it


@pytest.fixture
def no_more_threads() -> Iterator[None]:
    """Make the system refuse every new thread."""
    before = threading.stack_size(NO_SUCH_STACK)
    yield
    threading.stack_size(before)


@pytest.mark.usefixtures("no_more_threads")
def test_threads_that_cannot_be_started_stop_the_run_and_can_be_joined() -> None:
    """Otherwise the end of the run would fail too, and answers would be lost."""
    threads = ThreadGroup(lambda error: pytest.fail(str(error)))

    with pytest.raises(StopRun, match="0 of 3 threads") as stopped:
        threads.start("consumer", lambda: None, 3)

    assert stopped.value.reason == "too_many_threads"
    assert threads.join("consumer", 1.0)
    assert threads.is_done("consumer")
