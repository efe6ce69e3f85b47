"""The page of a run as it is read: in a real Chromium, without a window."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support.builders import NOON
from tests.support.letters import make_letter, put_dead_letters
from tests.support.pages import HOSTILE, barriers, open_page
from tests.support.program import Program
from tests.support.runs import open_store, put_run

DAY = timedelta(days=1)
SIZES = {390: 844, 800: 1000, 1440: 900}


def write_run(program: Program, *options: str) -> Path:
    """Have the program write the page of a run."""
    path = program.folder / "run.html"
    outcome = program.run("status", "-format", "html", "-output", path, *options)
    assert outcome.code == 0, outcome.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    return path


def three_nights(program: Program, records: int = 300) -> None:
    """Write three runs, and dead letters of the last one."""
    with open_store(program) as store:
        put_run(store, "r1", records=records // 2, started_at=NOON - 2 * DAY)
        put_run(store, "r2", records=records - 9, started_at=NOON - DAY)
        put_run(store, "r3", records=records, retried=120)
    put_dead_letters(program, [make_letter(1, run_id="r3"), make_letter(2)])


def test_the_morning_after(browser: Browser, program: Program) -> None:
    """How it went, where the time went, and what is different from last night."""
    three_nights(program)
    opened = open_page(browser, write_run(program))
    page = opened.page

    expect(page.locator(".state")).to_contain_text("Done: all synced.")
    expect(page.locator(".figures")).to_contain_text("95 %")
    expect(page.locator(".panel .area")).to_have_count(4)
    expect(page.locator(".holds li")).to_contain_text(["asked the program", "outage"])
    causes = page.get_by_role("region", name="Dead letters")
    expect(causes.locator(".count")).to_have_text(["1"])
    rows = page.locator(".history tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("300 +9")
    page.locator(".plot summary").click()
    cells = page.locator(".plot tbody tr td:nth-child(2)").all_inner_texts()
    assert sum(map(int, cells)) == 300
    assert opened.is_quiet()


def test_an_earlier_run_can_be_chosen(browser: Browser, program: Program) -> None:
    """By its id; one that does not exist is a mistake."""
    three_nights(program)
    page = open_page(browser, write_run(program, "-run", "r1")).page

    expect(page.locator(".history tbody tr")).to_have_count(1)
    expect(page).to_have_title("Run r1")
    wrong = program.run("status", "-format", "html", "-output", "x", "-run", "r9")
    assert wrong.code == 2
    assert "there is no run 'r9' in the history" in wrong.stderr
    runs = program.run("status", "-json", "-run", "r2").result["runs"]
    assert [run["run_id"] for run in runs] == ["r2"]


def test_no_run_is_said_in_a_word(browser: Browser, program: Program) -> None:
    """An empty page would leave one wondering whether it is broken."""
    opened = open_page(browser, write_run(program))

    expect(opened.page.locator("main")).to_contain_text("There has been no run yet.")
    expect(opened.page.locator("section")).to_have_count(0)
    assert opened.is_quiet()


def test_hostile_names_are_text(browser: Browser, program: Program) -> None:
    """Nothing runs, and nothing hides or turns text around."""
    with open_store(program) as store:
        for number, name in enumerate([*HOSTILE, "x" * 100_000]):
            put_run(store, f"r{number}", records=3, source=name, problem=name)
    letters = [make_letter(n, run_id="r13", message=m) for n, m in enumerate(HOSTILE)]
    put_dead_letters(program, letters)

    size: Any = {"width": 390, "height": 844}
    opened = open_page(browser, write_run(program), viewport=size)
    for summary in opened.page.locator("summary").all():
        summary.click()

    text = opened.page.locator("body").inner_text()
    assert HOSTILE[0] in text
    assert r"evil\u202egnp.exe" in text
    assert all(each in "\n\t" or each.isprintable() for each in text)
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 390
    assert opened.is_quiet()


@pytest.mark.parametrize("width", SIZES)
def test_a_million_records_are_small_and_ready_at_once(
    browser: Browser, program: Program, width: int
) -> None:
    """A day's run with a thousand pauses, on a phone too."""
    with open_store(program) as store:
        put_run(store, "r1", records=1_000_000, seconds=86_400)
    path = write_run(program)
    size: Any = {"width": width, "height": SIZES[width]}

    page = open_page(browser, path, viewport=size).page

    assert path.stat().st_size < 500_000
    queue = next(program.state.glob("*/queue.db"))
    assert queue.stat().st_size < 500_000
    ready = page.evaluate("performance.timing.loadEventEnd - performance.timeOrigin")
    assert ready < 2000
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_out(
    browser: Browser, program: Program, scheme: Any
) -> None:
    """A screen reader finds names, tables and headings, in both themes."""
    three_nights(program)
    page = open_page(browser, write_run(program), color_scheme=scheme).page
    page.locator(".plot summary").click()

    assert barriers(page) == []
