"""Streams that take anything: what cannot be written is left out or escaped."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cio_pipeline.console.standard_streams import SafeStream, make_safe

ODD = 'é € 😀 \udcff "\n'


@contextmanager
def stream_to(path: Path, encoding: str) -> Iterator[SafeStream]:
    """Give a safe stream on a file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    with SafeStream(descriptor, encoding) as stream:
        yield stream
    os.close(descriptor)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "cp437", "utf-16"])
def test_json_stays_json_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    """A result that a program reads is the same to it, whatever the locale."""
    with stream_to(tmp_path / "out", encoding) as stream:
        stream.write(json.dumps({"name": ODD}, ensure_ascii=False))

    text = (tmp_path / "out").read_bytes().decode(encoding)

    assert json.loads(text) == {"name": ODD}


@pytest.mark.parametrize("encoding", ["idna", "undefined", "nonsense"])
def test_an_encoding_of_no_use_is_not_used(tmp_path: Path, encoding: str) -> None:
    """Python takes these in PYTHONIOENCODING, and they fail at the first word."""
    with stream_to(tmp_path / "out", encoding) as stream:
        stream.write("synced: é\n")

    assert (tmp_path / "out").read_text("utf-8") == "synced: é\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_remembered_and_fails_nothing() -> None:
    """The run ends as it would have; what was lost can be reported at its end."""
    with stream_to(Path("/dev/full"), "utf-8") as stream:
        stream.write("x" * 100_000)
        stream.flush()
        failure = stream.failure

    assert failure is not None
    assert failure.errno == errno.ENOSPC


def test_a_reader_that_went_away_fails_nothing() -> None:
    """``| head``: an ordinary day."""
    reading, writing = os.pipe()
    os.close(reading)
    with SafeStream(writing, "utf-8") as stream:
        stream.write("x" * 100_000)
        stream.flush()
        failure = stream.failure
    os.close(writing)

    assert failure is not None
    assert failure.errno == errno.EPIPE


def test_a_pipe_that_somebody_made_non_blocking_gets_all() -> None:
    """The flag belongs to the pipe, so any process that shares it may set it."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    got = bytearray()

    def read_slowly() -> None:
        while piece := os.read(reading, 4096):
            got.extend(piece)
            time.sleep(0)

    reader = threading.Thread(target=read_slowly)
    reader.start()
    with SafeStream(writing, "utf-8") as stream:
        for _ in range(1000):
            stream.write("0123456789" * 10 + "\n")
    os.close(writing)
    reader.join(30)
    os.close(reading)

    assert len(got) == 101_000
    assert stream.failure is None


def test_a_stream_that_was_put_in_the_place_of_stdout_is_left_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Who calls the program from Python may catch what it prints."""
    make_safe()
    print("caught")  # noqa: T201  # what is tested

    assert capsys.readouterr().out == "caught\n"
