"""The page of `check` as it is read: in a real Chromium, without a window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support.pages import HOSTILE, barriers, open_page
from tests.support.program import Program


def users(count: int) -> list[dict[str, Any]]:
    """Make users with texts, numbers, times and some mistakes."""
    return [
        {
            "id": n,
            "name": f"User {n}",
            "computed_ltv": n * 1.5,
            "plan": "free" if n % 3 else "pro",
            "since": f"20{15 + n % 12}-06-01",
        }
        for n in range(count)
    ]


def write_check(
    program: Program, records: object, *options: str, code: int = 0
) -> Path:
    """Have the program write the page of a file."""
    program.configure(
        mappings=[
            {"from": "name", "to": "name"},
            {"from": "computed_ltv", "to": "ltv"},
            {"from": "plan", "to": "plan"},
            {"from": "since", "to": "created_at", "type": "timestamp"},
        ]
    )
    path = program.folder / "check.html"
    data = program.write_data(records)
    outcome = program.run(
        "check", "-data", data, "-format", "html", "-output", path, *options
    )
    assert outcome.code == code, outcome.stderr
    assert outcome.stdout == ""
    assert path.stat().st_mode & 0o777 == 0o600
    return path


def test_a_marketer_sees_what_would_be_sent(browser: Browser, program: Program) -> None:
    """Who, what, how long, and what each attribute has."""
    records = users(300)
    records[7]["name"] = "x" * 1200
    del records[9]["plan"]
    opened = open_page(browser, write_check(program, records))
    page = opened.page

    figures = page.locator(".figures div").all_inner_texts()
    assert figures[0].split() == ["People", "300"]
    assert "Requests" in figures[1]
    first = page.get_by_role("region", name="Before you send")
    expect(first).to_contain_text("Shorten these values")
    expect(page.get_by_label("Payload of 0")).to_contain_text('"ltv": 0')
    plan = page.locator(".attribute").filter(has_text="Missing, so not changed")
    expect(plan.locator("h3")).to_have_text("plan 99.7 %")
    expect(plan.locator(".frequent li").first).to_contain_text("free")
    created = page.locator(".attribute").filter(has_text="created_at")
    expect(created.locator(".plot .value")).to_have_count(12)
    created.locator("summary").click()
    expect(created.locator("tbody tr").first).to_contain_text("2015-01-01 00:00:00")
    assert opened.is_quiet()


def test_an_empty_file_is_said_in_a_word(browser: Browser, program: Program) -> None:
    """An empty page would leave one wondering whether it is broken."""
    opened = open_page(browser, write_check(program, []))

    expect(opened.page.locator("main")).to_contain_text("The file has no records.")
    expect(opened.page.locator(".attribute")).to_have_count(0)
    assert opened.is_quiet()


def test_only_what_changed_is_counted(browser: Browser, program: Program) -> None:
    """The nightly job: who is new, who changed, who is gone."""
    records = users(20)
    write_check(program, records)
    program.sync(records[:15], "-changed-only")
    records[3]["plan"] = "team"

    path = write_check(program, records[2:], "-changed-only")
    page = open_page(browser, path).page

    figures = dict(
        text.split("\n") for text in page.locator(".figures div").all_inner_texts()
    )
    assert (figures["New"], figures["Changed"], figures["Unchanged"]) == (
        "5",
        "1",
        "12",
    )
    assert figures["Not in the file"] == "2"
    assert figures["Requests"] == "6"
    page.get_by_text("changed: 3", exact=True).click()
    expect(page.locator("details[open] .payload")).to_contain_text('"plan": "team"')


def hostile_users() -> list[dict[str, Any]]:
    """Make users whose every field tries to be more than text."""
    names = [*HOSTILE, "x" * 100_000]
    records = [
        {"id": text[:100], "name": text, "plan": text, "computed_ltv": [text]}
        for text in names
        for _ in range(2)
    ]
    return [*records, {"since": "a", "id": ""}]


def test_hostile_names_are_text(browser: Browser, program: Program) -> None:
    """Nothing runs, and nothing hides or turns text around."""
    opened = open_page(browser, write_check(program, hostile_users(), code=1))

    text = opened.page.locator("body").inner_text()
    assert HOSTILE[0] in text
    assert r"evil\u202egnp.exe" in text
    assert all(each in "\n\t" or each.isprintable() for each in text)
    expect(opened.page).to_have_title("Check of data.json")
    assert opened.is_quiet()


@pytest.mark.parametrize("kind", ["none", "hostile", "usual"])
def test_a_phone_need_not_be_scrolled_sideways(
    browser: Browser, program: Program, kind: str
) -> None:
    """Not even for a name of 100,000 letters without a space."""
    records = {"none": [], "hostile": hostile_users(), "usual": users(300)}[kind]
    path = write_check(program, records, code=kind == "hostile")
    size: Any = {"width": 390, "height": 844}

    page = open_page(browser, path, viewport=size).page
    for summary in page.locator("summary").all():
        summary.click()

    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_out(
    browser: Browser, program: Program, scheme: Any
) -> None:
    """A screen reader finds names, tables and headings, in both themes."""
    records = users(300)
    records[7]["name"] = "x" * 1200
    page = open_page(browser, write_check(program, records), color_scheme=scheme).page
    page.locator(".plot summary").first.click()

    assert barriers(page) == []
