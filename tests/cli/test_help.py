"""Help, completion, and what is said of options that are not there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cio_pipeline.cli.parser import COMMANDS
from tests.support.program import MAIN, Outcome

_ASK = """
. "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
complete -p cio-pipeline >&2
_shtab_cio_pipeline
printf '%s\\n' "${COMPREPLY[@]}"
"""


def run(*words: str | Path) -> Outcome:
    """Run the program with these words alone."""
    process = subprocess.run(
        [sys.executable, MAIN, *words], capture_output=True, text=True, check=False
    )
    return Outcome(process.returncode, process.stdout, process.stderr)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_commands_help_has_examples_and_exit_codes(command: str) -> None:
    """Whichever way it is asked for; and the examples are of that command."""
    by_option = run(command, "-help")
    by_command = run("help", command)

    assert by_option.code == by_command.code == 0
    assert by_option.stdout == by_command.stdout
    text, _, examples = by_option.stdout.partition("examples:\n")
    assert text.startswith(f"usage: python main.py {command} [-h]")
    assert "exit codes:\n  0 " in examples
    named = "-config" if command == "sync" else command
    assert f"python main.py {named}" in examples
    lines = examples.splitlines()
    assert len(lines) == len(set(lines)), "an example stands there twice"


def test_the_installed_program_calls_itself_by_its_name(tmp_path: Path) -> None:
    """Its hints can be pasted, and its queue is where it is called."""
    script = tmp_path / "cio-pipeline"
    script.write_text("from cio_pipeline.cli import main\nmain()", "utf-8")
    process = subprocess.run(
        [sys.executable, script, "help", "sync"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(MAIN.parent)},
    )

    assert process.stdout.startswith("usage: cio-pipeline sync [-h]")
    assert "\n  cio-pipeline -config" in process.stdout
    assert "main.py" not in process.stdout


def test_the_package_runs_as_a_module() -> None:
    """It does what main.py does, and its hints can be pasted."""
    process = subprocess.run(
        [sys.executable, "-m", "cio_pipeline", "statsu"],
        capture_output=True,
        text=True,
        check=False,
        cwd=MAIN.parent,
    )

    assert process.returncode == 2
    assert "did you mean status? (see: python -m cio_pipeline -help)" in process.stderr


def test_the_main_help_names_every_command() -> None:
    """With what each does."""
    text = run("help").stdout

    assert text == run("-help").stdout
    assert [each for each in COMMANDS if f"\n  {each} " not in text] == []


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("-confg x", "sync has no option -confg; did you mean -config?"),
        ("status --jsn", "status has no option --jsn; did you mean -json?"),
        ("sync -log_level debug", "did you mean -log-level?"),
        ("resume -limit=3", "resume has no option -limit; dead-letters has it"),
        ("resume -zzz", "resume has no option -zzz (see: python main.py resume -help)"),
        ("dead-letters -user -1x", "write -user=-1x"),
        ("statsu", "did you mean status?"),
        ("help statsu", "did you mean status?"),
        ("resume -shard 3/3", "shards count from 0, so the last of 3 is 2/3"),
    ],
)
def test_a_mistyped_word_is_answered_with_the_nearest(words: str, answer: str) -> None:
    """Before anything that is merely missing is complained of."""
    outcome = run(*words.split())

    assert outcome.code == 2
    assert answer in outcome.stderr
    assert outcome.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["r"], {"resume"}),
        (["-conf"], {"-config"}),
        (["sync", "-log-"], {"-log-level", "-log-format", "-log-file"}),
        (["dead-letters", "--rea"], {"--reason"}),
        (["dead-letters", "re"], {"requeue"}),
        (["sync", "-log-level", ""], {"debug", "info", "warning", "error"}),
        (["sync", "-json", "-sh"], {"-shard", "-shards", "-sheet"}),
        (["resume", "-config", "conf"], {"configuration.json"}),
        (["-data", "us"], {"users.csv"}),
        (["sync", "-state", "s"], {"states"}),
    ],
)
def test_bash_completes_commands_options_values_and_files(
    tmp_path: Path, typed: list[str], offered: set[str]
) -> None:
    """In a real bash, with one-dash options, and sync's where none is named."""
    script = tmp_path / "completion.bash"
    script.write_text(run("completion", "bash").stdout, "utf-8")
    for name in ("configuration.json", "users.csv"):
        (tmp_path / name).touch()
    (tmp_path / "states").mkdir()

    asked = subprocess.run(
        ["/bin/bash", "-c", _ASK, "-", script, "cio-pipeline", *typed],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )

    assert "-F _shtab_cio_pipeline cio-pipeline" in asked.stderr
    assert set(asked.stdout.split()) == offered


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("r", {"resume"}),
        ("sync -log-", {"-log-file", "-log-format", "-log-level"}),
        ("-conf", {"-config"}),
        ("sync -log-level ", {"debug", "info", "warning", "error"}),
    ],
)
def test_fish_completes_one_dash_options(
    tmp_path: Path, typed: str, offered: set[str]
) -> None:
    """In a real fish, where there is one."""
    script = tmp_path / "completion.fish"
    script.write_text(run("completion", "fish").stdout, "utf-8")

    asked = subprocess.run(
        [
            shutil.which("fish") or "fish",
            "-c",
            'source $argv[1]; complete -C "cio-pipeline $argv[2]"',
            script,
            typed,
        ],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"HOME": str(tmp_path)},
    )

    assert {line.split("\t")[0] for line in asked.stdout.splitlines()} == offered


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script_too(shell: str) -> None:
    """That names the installed program and its options."""
    script = run("completion", shell)

    assert script.code == 0
    assert "cio-pipeline" in script.stdout
    assert "changed-only" in script.stdout


def test_a_bug_is_loud_and_is_not_taken_for_dead_letters() -> None:
    """Exit code 1 would tell a nightly job that the run had ended."""
    broken = (
        "import sys; from cio_pipeline.commands.status import command as status;"
        " status.run = lambda _: 1 / 0;"
        " from cio_pipeline.cli import main;"
        " sys.exit(main(['status', '-config', 'c.json']))"
    )

    outcome = subprocess.run(
        [sys.executable, "-c", broken],
        capture_output=True,
        text=True,
        check=False,
        cwd=MAIN.parent,
    )

    assert outcome.returncode == 70
    assert "ZeroDivisionError" in outcome.stderr
