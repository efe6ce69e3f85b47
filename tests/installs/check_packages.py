"""Builds the sdist and the wheel, installs each alone, and syncs the example with it.

    python tests/installs/check_packages.py

Each is installed into an empty environment and run from a folder that is not the
checkout. The wheel is installed once with the newest allowed versions, and once with
the lowest. Without the extra, `sandbox` must name the command that installs it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))

from tests.support.api import ScriptedApi


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, without Python's own variables."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment | {"NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )


def succeed(*command: str | Path, folder: Path) -> str:
    """Run a command that must succeed; return its output."""
    done = run(*command, folder=folder)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def build(folder: Path) -> tuple[Path, Path]:
    """Build the sdist, and from it the wheel."""
    succeed(sys.executable, "-m", "venv", "build", folder=folder)
    pip = folder / "build" / "bin" / "pip"
    succeed(pip, "install", "--quiet", "build", folder=folder)
    python = folder / "build" / "bin" / "python"
    succeed(python, "-m", "build", "--outdir", "dist", PROJECT, folder=folder)
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    (wheel,) = (folder / "dist").glob("*.whl")
    return sdist, wheel


def lowest(folder: Path) -> list[str]:
    """Return the lowest allowed version of each package that is needed."""
    pip = folder / "build" / "bin" / "pip"
    succeed(pip, "install", "--quiet", "uv", folder=folder)
    uv = folder / "build" / "bin" / "uv"
    options = ("pip", "compile", "--quiet", "--resolution", "lowest-direct")
    versions = succeed(
        uv, *options, "--no-header", "--no-annotate", PROJECT / "requirements.txt",
        folder=folder,
    )  # fmt: skip
    return versions.split("\n")


def check(name: str, folder: Path, api: ScriptedApi, *packages: str | Path) -> None:
    """Install packages into an empty environment, and sync the example."""
    there = folder / name
    there.mkdir()
    succeed(sys.executable, "-m", "venv", "env", folder=there)
    commands = there / "env" / "bin"
    succeed(commands / "pip", "install", "--quiet", *packages, folder=there)
    example = json.loads((PROJECT / "examples" / "configuration.json").read_bytes())
    example |= {"trackUrl": api.url, "siteId": "sandbox-site", "apiKey": "sandbox-key"}
    (there / "configuration.json").write_text(json.dumps(example), "utf-8")
    data = PROJECT / "examples" / "data.json"
    result = succeed(
        commands / "cio-pipeline", "-config", "configuration.json", "-data", data,
        "-state", "state", "-json", folder=there,
    )  # fmt: skip
    sandbox = run(commands / "cio-pipeline", "sandbox", "-port", "0", folder=there)
    assert json.loads(result)["status"] == "completed", result
    assert "pip install 'cio-pipeline[sandbox]'" in sandbox.stderr, sandbox.stderr
    assert len(api.people()) == json.loads(result)["synced"]
    print(f"{name}: {json.loads(result)['synced']} users synced")


def main() -> int:
    """Build and check everything."""
    with tempfile.TemporaryDirectory() as name, ScriptedApi() as api:
        folder = Path(name)
        sdist, wheel = build(folder)
        check("wheel", folder, api, wheel)
        check("sdist", folder, api, sdist)
        low = folder / "lowest.txt"
        low.write_text("\n".join(lowest(folder)), "utf-8")
        check("wheel with the lowest versions", folder, api, wheel, "-r", low)
    return 0


if __name__ == "__main__":
    sys.exit(main())
