"""Take the pictures of the pages for the documents, in a real Chromium.

The runs are real ones, against the sandbox with faults. It takes about two minutes.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).resolve().parent
MAIN = HERE.parent / "main.py"
IMAGES = HERE.parent / "docs" / "images"
NIGHTS = (5_200, 5_230, 5_310)
FAULTS = ("-latency-ms", "25", "-latency-jitter-ms", "60", "-error-share", "0.03")
BAD_FAULTS = (
    *("-throttle-share", "0.0008", "-retry-after", "3"),
    *("-outage-in-seconds", "22", "-outage-seconds", "9"),
)
NAMES = [
    "Ada",
    "Grace",
    "Alan",
    "Søren",
    "Ștefan",
    "Linus",
    "Barbara",
    "Edsger",
    "Katherine",
    "Donald",
]
PLANS = {"free": 70, "pro": 20, "team": 8, "enterprise": 2}
MAPPINGS = [
    {"from": "name", "to": "name"},
    {"from": "plan", "to": "plan"},
    {"from": "computed_ltv", "to": "ltv"},
    {"from": "signed_up", "to": "created_at", "type": "timestamp"},
    {"from": "newsletter", "to": "newsletter"},
    {"from": "emial", "to": "email"},
]
WIDE: Any = {"width": 1160, "height": 900}
PHONE: Any = {"width": 390, "height": 844}


def main() -> int:
    """Make the runs, and take the pictures."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("there is no Chromium")
        return 1
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        folder = Path(name)
        for night, users in enumerate(NIGHTS):
            is_last = night == len(NIGHTS) - 1
            write_data(folder, users)
            run_night(folder, browser if is_last else None)
        take_check(folder, browser)
        take_run(folder, browser)
        browser.close()
    return 0


def write_data(folder: Path, users: int) -> None:
    """Write the users of one night."""
    draw = random.Random(users)
    records = []
    for number in range(users):
        record = {
            "id": number + 1,
            "name": f"{draw.choice(NAMES)} {number}",
            "plan": draw.choices([*PLANS], [*PLANS.values()])[0],
            "computed_ltv": round(draw.lognormvariate(3.5, 0.8), 2),
            "signed_up": f"{draw.randint(2015, 2026)}-{draw.randint(1, 10):02}-15",
            "newsletter": draw.random() < 0.6,
        }
        if draw.random() < 0.12:
            del record["plan"]
        if number % 1700 == 12:
            record["name"] = "x" * 1200
        records.append(record)
    (folder / "users.json").write_text(json.dumps(records), "utf-8")


def run_night(folder: Path, browser: Browser | None) -> None:
    """Sync; with a browser, a bad night of which the live page is taken."""
    faults = [*FAULTS, *(BAD_FAULTS if browser else ())]
    command = [sys.executable, MAIN, "sandbox", "-port", "8392", *faults]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout is not None
        sandbox.stdout.readline()
        write_configuration(folder)
        run = subprocess.Popen(
            [*program(folder, "sync", "-data", "users.json"), "-quiet"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        if browser is not None:
            take_live(folder, browser)
        run.wait()
        sandbox.terminate()


def write_configuration(folder: Path) -> None:
    """Write the configuration."""
    document = {
        "parallelism": 25,
        "userId": "id",
        "mappings": MAPPINGS,
        "siteId": "sandbox-site",
        "apiKey": "sandbox-key",
        "trackUrl": "http://127.0.0.1:8392",
        "requestsPerSecond": 120,
    }
    (folder / "configuration.json").write_text(json.dumps(document), "utf-8")


def program(folder: Path, command: str, *options: str) -> list[str | Path]:
    """Return a command line."""
    where = ["-config", "configuration.json", "-state", str(folder / "state")]
    return [sys.executable, MAIN, *command.split(), *where, *options]


def take_live(folder: Path, browser: Browser) -> None:
    """Take the live page in the middle of the run."""
    command = program(folder, "status", "-serve")
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        page = browser.new_context(viewport=PHONE, color_scheme="dark").new_page()
        time.sleep(1)
        page.goto(server.stdout.readline().strip())
        time.sleep(36)
        page.screenshot(path=IMAGES / "live-phone.png", full_page=False)
        server.terminate()


def take_check(folder: Path, browser: Browser) -> None:
    """Take the page of the check."""
    write_page(folder, "check", "-data", "users.json")
    take(folder, browser, "check-light.png", height=500)
    page = browser.new_context(viewport=WIDE, color_scheme="dark").new_page()
    page.goto((folder / "page.html").as_uri())
    page.get_by_role("region", name="Attributes").screenshot(
        path=IMAGES / "check-attributes.png"
    )


def take_run(folder: Path, browser: Browser) -> None:
    """Take the page of the last run."""
    write_page(folder, "status")
    take(folder, browser, "run-light.png", height=1180)


def write_page(folder: Path, command: str, *options: str) -> None:
    """Have the program write a page."""
    page = ("-format", "html", "-output", "page.html")
    subprocess.run(program(folder, command, *options, *page), cwd=folder, check=False)


def take(folder: Path, browser: Browser, name: str, *, height: int) -> None:
    """Take the top of the page."""
    page = browser.new_context(viewport=WIDE, color_scheme="light").new_page()
    page.goto((folder / "page.html").as_uri())
    size: Any = {"x": 0, "y": 0, "width": WIDE["width"], "height": height}
    page.screenshot(path=IMAGES / name, full_page=True, clip=size)


if __name__ == "__main__":
    sys.exit(main())
