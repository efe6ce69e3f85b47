"""The demo of `make run`: start a sandbox, sync the example users, look up some."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

HERE = Path(__file__).resolve().parent
MAIN = HERE.parent / "main.py"
LOOKED_UP = ("1", "2", "3", "4", "5")
NEXT_STEPS = """\
The sandbox has stopped. To sync your own users into the real Customer.io:

  python main.py check -suggest -data users.json > configuration.json
  (fill in siteId and apiKey; check userId and mappings)
  python main.py check -config configuration.json -data users.json
  python main.py -config configuration.json -data users.json

Use .venv/bin/python: `make` has installed the required packages there."""


def main() -> int:
    """Run the demo, and return the exit code of the sync."""
    with tempfile.TemporaryDirectory() as folder:
        sandbox = subprocess.Popen(
            [sys.executable, MAIN, "sandbox", "-port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            url = read_address(sandbox)
            print(f"A sandbox, a local stand-in for Customer.io, listens at {url}\n")
            configuration = write_configuration(Path(folder), url)
            code = sync(configuration, Path(folder))
            show_people(url)
            page = write_page(configuration, Path(folder))
        finally:
            sandbox.terminate()
            sandbox.wait(timeout=10)
    print(NEXT_STEPS)
    if page is not None:
        print(f"\nThe page of this run, for a browser: {page}")
    return code


def read_address(sandbox: subprocess.Popen[str]) -> str:
    """Read the address of the sandbox from its first line."""
    assert sandbox.stdout is not None  # noqa: S101  # it is a pipe
    words = sandbox.stdout.readline().split()
    return next(word for word in words if word.startswith("http://"))


def write_configuration(folder: Path, url: str) -> Path:
    """Write a copy of the example configuration with the sandbox's address."""
    example = json.loads((HERE / "configuration.json").read_text("utf-8"))
    path = folder / "configuration.json"
    path.write_text(json.dumps(example | {"trackUrl": url, "appUrl": url}), "utf-8")
    return path


def sync(configuration: Path, folder: Path) -> int:
    """Run the program as a user would."""
    data = HERE / "data.json"
    shown = "-config examples/configuration.json -data examples/data.json"
    print(f"$ python main.py {shown}")
    sys.stdout.flush()
    words = ["-config", str(configuration), "-data", str(data)]
    words += ["-state", str(folder / "state"), "-log-level", "warning"]
    environment = os.environ | {"COLUMNS": "100"}
    return subprocess.call([sys.executable, MAIN, *words], env=environment)


def write_page(configuration: Path, folder: Path) -> Path | None:
    """Write the page of the run, and return its path; None if that is not possible."""
    path = MAIN.parent / "state" / "demo-run.html"
    words = ["-config", str(configuration), "-state", str(folder / "state")]
    words += ["-format", "html", "-output", str(path)]
    command = [sys.executable, str(MAIN), "status", *words]
    return None if subprocess.call(command, stderr=subprocess.DEVNULL) else path


def show_people(url: str) -> None:
    """Look up a few users with the App API, and print them."""
    print("\nSome users in the sandbox (the App API returns every value as text):\n")
    for user_id in LOOKED_UP:
        answer = requests.get(
            f"{url}/v1/customers/{user_id}/attributes",
            params={"id_type": "id"},
            headers={"Authorization": "Bearer sandbox-app-key"},
            timeout=10,
        )
        answer.raise_for_status()
        attributes = answer.json()["customer"]["attributes"]
        facts = json.dumps(attributes, ensure_ascii=False, sort_keys=True)
        print(f"  user {user_id}  {facts}")
    print()


if __name__ == "__main__":
    sys.exit(main())
