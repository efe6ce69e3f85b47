"""Options from the environment of a real process."""

from __future__ import annotations

from pathlib import Path

from tests.support.api import ScriptedApi
from tests.support.program import Program


def test_a_run_can_have_all_its_options_in_the_environment(
    api: ScriptedApi, tmp_path: Path
) -> None:
    """As containers and schedulers give them; a mistyped one gets a warning."""
    program = Program(tmp_path, api.url)
    variables = {
        "CIO_PIPELINE_DATA": str(program.write_data([{"id": 1, "name": "x"}])),
        "CIO_PIPELINE_JSON": "true",
        "CIO_PIPELINE_LOGLEVEL": "error",
    }

    outcome = program.run("", **variables)
    wrong = program.run("status", CIO_PIPELINE_JSON="yes")

    assert outcome.code == 0, outcome.stderr
    assert outcome.result["synced"] == 1
    assert "did you mean CIO_PIPELINE_LOG_LEVEL?" in outcome.stderr
    assert (wrong.code, wrong.stdout) == (2, "")
    assert wrong.stderr == (
        "error: CIO_PIPELINE_JSON: expected true, false, 1 or 0, found 'yes'\n"
    )
