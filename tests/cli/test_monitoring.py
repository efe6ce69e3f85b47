"""What monitors read of a run: its metrics' file and its log file."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.api import SILENCE, ScriptedApi
from tests.support.program import SIGTERM, Program, finish


def read(path: Path) -> dict[str, float]:
    """Read a metrics' file: names, with reason or status, to values."""
    return {
        "/".join(
            [
                sample.name.removeprefix("cio_pipeline_"),
                *(
                    value
                    for name, value in sample.labels.items()
                    if name in ("reason", "status")
                ),
            ]
        ): sample.value
        for family in text_string_to_metric_families(path.read_text("utf-8"))
        for sample in family.samples
    }


def test_metrics_agree_with_the_result(program: Program, api: ScriptedApi) -> None:
    """Every count of the `-json` result, and the dead letters by reason."""
    path = program.folder / "run.prom"
    for user in ("1", "2"):
        api.script(user, [400])
    api.script("3", [404])
    api.script("4", [503, 200])
    records = [{"id": n, "name": "a"} for n in range(50)] + [5, {"x": 1}]

    # The library would put its own counters there; the run must not mind.
    elsewhere = "/no/such/folder"
    data = program.write_data(records)
    options = ("-json", "-data", data, "-metrics", path)
    outcome = program.run("sync", *options, PROMETHEUS_MULTIPROC_DIR=elsewhere)

    values = read(path)
    result = outcome.result
    for name in ("records", "resumed", "synced", "skipped", "requests", "retries"):
        assert values[f"{name}_total"] == result[name], name
    assert values["pending_jobs"] == result["pending"] == 0
    assert values["dead_letters_total/rejected"] == 2
    assert values["dead_letters_total/not_found"] == 1
    assert values["dead_letters_total/invalid_record"] == 2
    assert values["run_exit_code"] == outcome.code == 1
    assert values["run_status/completed_with_dead_letters"] == 1
    assert values["last_completed_timestamp_seconds"] > 1e9
    assert "last_success_timestamp_seconds" not in values
    assert [each.name for each in path.parent.glob("run.prom*")] == ["run.prom"]


def test_metrics_tell_of_a_run_while_it_goes(
    program: Program, api: ScriptedApi
) -> None:
    """And an earlier success stays known, when this one fails."""
    path = program.folder / "run.prom"
    first = program.sync([{"id": 1}], "-metrics", path)
    success = read(path)["last_success_timestamp_seconds"]
    path.unlink()
    api.answer_all(SILENCE)
    data = program.write_data([{"id": n} for n in range(9)])
    going = program.start("sync", "-data", data, "-metrics", path)
    while not path.exists():
        assert going.poll() is None
        time.sleep(0.02)
    during = read(path)
    going.send_signal(SIGTERM)
    finish(going)

    after = read(path)
    assert first.code == 0
    assert during["run_status/running"] == 1
    assert during["pending_jobs"] == 9
    assert "run_exit_code" not in during
    assert after["run_exit_code"] == 128 + SIGTERM
    assert after["run_stop_reason/interrupted"] == 1
    assert int(after["last_success_timestamp_seconds"]) == int(success)


def test_metrics_that_cannot_be_written_fail_no_run(program: Program) -> None:
    """One warning."""
    outcome = program.sync([{"id": 1}], "-metrics", "/no/such/folder/run.prom")

    warnings = [e for e in outcome.events if e["event"] == "metrics_unwritable"]
    assert outcome.code == 0
    assert len(warnings) == 1


def test_the_log_file_has_every_event_and_no_secret(
    program: Program, api: ScriptedApi
) -> None:
    """As JSON lines, appended, closed to others, whatever stderr shows."""
    path = program.folder / "run.log"
    api.script("1", [400])
    options = ("-log-file", path, "-log-format", "console", "-log-level", "debug")
    for _ in range(2):
        program.sync([{"id": 1}, {"id": 2}], *options)

    text = path.read_text("utf-8")
    events = [json.loads(line) for line in text.splitlines()]
    names = [event["event"] for event in events]
    assert names.count("run_started") == names.count("run_ended") == 2
    assert "job_dead_lettered" in names
    assert "library_logged" in names, "the chosen level holds for the file too"
    assert len({event["run_id"] for event in events if "run_id" in event}) == 2
    assert path.stat().st_mode & 0o777 == 0o600
    assert "sandbox-key" not in text
    assert "c2FuZGJveC1zaXRlOnNhbmRib3gta2V5" not in text


def test_a_log_file_that_cannot_be_opened_is_a_mistake(
    program: Program, api: ScriptedApi
) -> None:
    """Told before anything is sent."""
    outcome = program.sync([{"id": 1}], "-log-file", "/no/such/folder/run.log")

    assert outcome.code == 2
    assert "error: the log file /no/such/folder/run.log cannot be" in outcome.stderr
    assert api.ledger == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_disk_that_fills_up_under_the_log_file_fails_no_run(
    program: Program,
) -> None:
    """Every write to it fails; the run does not."""
    outcome = program.sync([{"id": 1}], "-log-file", "/dev/full")

    assert outcome.code == 0
    assert "Traceback" not in outcome.stderr
    assert "Logging error" not in outcome.stderr


def test_a_log_file_that_was_moved_away_is_made_anew(
    program: Program, api: ScriptedApi
) -> None:
    """As logrotate does, in the middle of a run."""
    path = program.folder / "run.log"
    moved = program.folder / "run.log.1"
    api.before_answer = lambda _: path.rename(moved) if not moved.exists() else None
    api.script("1", [400])

    program.sync([{"id": 1}], "-log-file", path)

    assert "run_started" in moved.read_text("utf-8")
    assert "run_ended" in path.read_text("utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
