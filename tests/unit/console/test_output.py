"""Results go to stdout, or to a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cio_pipeline.console.output import print_note, width, write


def test_each_piece_of_a_result_ends_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A document without a line end, and lines that have theirs."""
    write(["{}", "a\n"])

    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("{}\na\n", "")


def test_a_result_goes_to_the_file_that_was_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing of it to stdout."""
    write(["{}"], tmp_path / "out.json")

    assert (tmp_path / "out.json").read_text("utf-8") == "{}\n"
    assert capsys.readouterr().out == ""


def test_what_is_said_beside_the_result_goes_to_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Else a program that reads the JSON would find words in it."""
    print_note("note")

    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "note\n")


def test_a_pipe_has_a_width_of_its_own() -> None:
    """A table in a log is not as narrow as some terminal."""
    assert width() == 100
