"""The dead-letter page as it is read: in a real Chromium, without a window."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from cio_pipeline.store import NewDeadLetter
from tests.support.api import ScriptedApi
from tests.support.letters import a_nights_letters, make_letter, put_dead_letters
from tests.support.pages import (
    HOSTILE,
    Opened,
    barriers,
    brightness,
    contrast,
    open_page,
)
from tests.support.program import Program


def users_of(opened: Opened) -> list[str]:
    """The users of the rows that are drawn."""
    return opened.page.locator("#rows td.user").all_inner_texts()


def write_report(program: Program, letters: Iterable[NewDeadLetter]) -> Path:
    """Put letters into the queue, and have the program write the page."""
    put_dead_letters(program, letters)
    path = program.folder / "report.html"
    outcome = program.run("dead-letters", "-format", "html", "-output", path)
    assert outcome.code == 0, outcome.stderr
    return path


def hostile_letters() -> list[NewDeadLetter]:
    """Make letters that try to be more than text."""
    return [
        make_letter(n, user_id=text, message=text, payload={text: [text]})
        for n, text in enumerate(HOSTILE)
    ]


def test_no_letters_is_said_in_a_word(browser: Browser, program: Program) -> None:
    """An empty table would leave one wondering whether it is broken."""
    opened = open_page(browser, write_report(program, []))

    expect(opened.page.get_by_role("heading", name="None.")).to_be_visible()
    expect(opened.page.locator("table")).to_have_count(0)
    expect(opened.page).to_have_title("0 dead letters")
    assert opened.is_quiet()


def test_three_letters_and_one_payload_exactly(
    browser: Browser, program: Program
) -> None:
    """Large integers are shown as they were to be sent, digit by digit."""
    opened = open_page(browser, write_report(program, a_nights_letters(3)))
    page = opened.page

    page.get_by_role("button", name="Payload of dead letter 2").click()

    expect(page.locator(".figures dd").first).to_have_text("3")
    expect(page.locator(".plot .value")).to_have_count(3)
    assert users_of(opened) == ["10002", "10001", "10000"]  # the newest first
    shown = page.locator(".payload").inner_text()
    assert '"big": 9007199254740993' in shown
    assert json.loads(shown)["plan"] == {"tier": "gold", "seats": 1, "addons": ["sms"]}
    page.get_by_role("button", name="Payload of dead letter 2").click()
    expect(page.locator(".payload")).to_have_count(0)
    assert opened.is_quiet()


def test_fifty_thousand_letters_are_searched_sorted_and_filtered(
    browser: Browser, program: Program
) -> None:
    """However many there are, a page of them is drawn."""
    opened = open_page(browser, write_report(program, a_nights_letters(50_000)))
    page, found = opened.page, opened.page.get_by_role("status")
    expect(page.locator("#rows .letter")).to_have_count(100)
    expect(found).to_have_text("50,000 letters")

    page.get_by_role("searchbox").fill("USER41235@ gold")
    expect(found).to_have_text("1 of 50,000 letters")
    assert users_of(opened) == ["51235"]
    page.get_by_role("button", name="Clear").click()
    expect(found).to_have_text("50,000 letters")

    page.get_by_role("button", name="User", exact=True).click()
    assert users_of(opened)[:2] == ["10000", "10001"]
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#page")).to_contain_text("200 of 50,000")
    page.get_by_role("button", name="User", exact=True).click()
    assert users_of(opened)[:2] == ["59999", "59998"]

    page.get_by_role("button", name="Service Unavailable").click()
    expect(found).to_have_text("12,500 of 50,000 letters")
    assert users_of(opened)[0] == "59999"
    assert set(page.locator("td.message").all_inner_texts()) == {"Service Unavailable"}
    page.get_by_label("Cause").select_option(label="invalid_record, all")
    expect(found).to_have_text("5,000 of 50,000 letters")
    page.get_by_role("searchbox").fill("no such thing")
    expect(page.locator("#page")).to_have_text("No matches.")
    assert opened.is_quiet()


def test_numbers_are_sorted_as_numbers(browser: Browser, program: Program) -> None:
    """User 9 comes before user 10, and names come after both."""
    users = ["10", "9", "b", None, "100", "a"]
    letters = [make_letter(n, user_id=user) for n, user in enumerate(users)]
    opened = open_page(browser, write_report(program, letters))

    opened.page.get_by_role("button", name="User", exact=True).click()

    assert users_of(opened) == ["9", "10", "100", "a", "b", "no user id"]


def test_what_was_to_be_done_is_beside_the_user(
    browser: Browser, program: Program
) -> None:
    """A deletion looks like any other letter else; it is found by its word too."""
    operations = [None, "person delete id", "event track", "object upsert 1"]
    letters = [
        make_letter(n, user_id="7", operation=o) for n, o in enumerate(operations)
    ]
    opened = open_page(browser, write_report(program, letters))

    assert sorted(users_of(opened)) == ["7", "7 (delete)", "7 (event)", "7 (object)"]
    opened.page.get_by_role("searchbox").fill("delete")
    expect(opened.page.get_by_role("status")).to_have_text("1 of 4 letters")


def test_hostile_names_are_text(browser: Browser, program: Program) -> None:
    """Nothing runs, nothing is asked for, and nothing hides or turns text around."""
    opened = open_page(browser, write_report(program, hostile_letters()))
    page = opened.page

    for number in range(len(HOSTILE)):
        button = f"Payload of dead letter {number + 1}"
        page.get_by_role("button", name=button, exact=True).click()

    expect(page.locator(".payload")).to_have_count(len(HOSTILE))
    expect(page).to_have_title(f"{len(HOSTILE)} dead letters")
    users = set(users_of(opened))
    assert set(HOSTILE[:7]) | {"x" * 150} <= users
    assert {r"evil\u202egnp.exe", r"a\u2028b\u2029c", r"nul\u0000byte"} <= users
    assert {r"\u001b[31mred", r"\ufeff\u200bunseen"} <= users
    text = page.locator("body").inner_text()
    assert all(each in "\n\t" or each.isprintable() for each in text)
    payloads = [json.loads(each) for each in page.locator(".payload").all_inner_texts()]
    for name in HOSTILE:
        assert {name: [name]} in payloads
    assert opened.is_quiet()


def test_the_policy_lets_nothing_else_run_or_leave(
    api: ScriptedApi, browser: Browser, program: Program
) -> None:
    """Should a name ever get through as markup, it still could do nothing."""
    page = open_page(browser, write_report(program, a_nights_letters(3))).page
    attempts = {
        "fetch": "await fetch(url)",
        "image": """await new Promise((loaded, refused) => Object.assign(
            new Image(), {onload: loaded, onerror: refused, src: url}))""",
        "markup": "document.body.innerHTML = `<img src=${url}>`",
        "script": """
            const script = document.createElement("script");
            script.append("document.title = 'owned'");
            document.body.append(script);
            if (document.title !== "owned") throw new Error("it did not run");""",
    }

    outcomes = {
        name: page.evaluate(
            f"async (url) => {{ try {{ {code} }} catch {{ return 'refused'; }} }}",
            api.url,
        )
        for name, code in attempts.items()
    }

    assert outcomes == dict.fromkeys(attempts, "refused")
    assert api.ledger == []


def test_it_follows_the_systems_theme_until_told(
    browser: Browser, program: Program
) -> None:
    """At three in the morning a white page is no kindness."""
    path = write_report(program, a_nights_letters(3))
    page = open_page(browser, path, color_scheme="dark").page
    assert brightness(page) < 0.1

    page.get_by_role("button", name="Light").click()

    assert brightness(page) > 0.9
    expect(page.get_by_role("button", name="Dark")).to_be_visible()
    assert brightness(open_page(browser, path, color_scheme="light").page) > 0.9


@pytest.mark.parametrize("letters", [0, 300])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_out(
    browser: Browser, program: Program, scheme: Any, letters: int
) -> None:
    """A screen reader finds names, tables and headings, in both themes."""
    path = write_report(program, a_nights_letters(letters))
    page = open_page(browser, path, color_scheme=scheme).page
    if letters:
        page.get_by_role("button", name="Payload of dead letter").first.click()
        page.locator(".plot summary").click()

    assert barriers(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(
    browser: Browser, program: Program, scheme: Any
) -> None:
    """WCAG 2.2 asks for a contrast of 4.5."""
    path = write_report(program, a_nights_letters(3))
    page = open_page(browser, path, color_scheme=scheme).page
    page.get_by_role("button", name="Payload of dead letter 1").click()
    page.get_by_role("button", name="Service Unavailable").click()

    inks = ["h1", ".quiet", ".figures dt", ".kind p", "summary", "th button"]
    inks += [".letter .user", ".cause[aria-pressed=true] .status"]

    for ink in inks:
        assert contrast(page, ink) >= 4.5, ink


@pytest.mark.parametrize("letters", ["none", "hostile", "a night's"])
def test_a_phone_need_not_be_scrolled_sideways(
    browser: Browser, program: Program, letters: str
) -> None:
    """Not even for a name of 150 letters without a space."""
    kinds: dict[str, Iterable[NewDeadLetter]] = {
        "none": [],
        "hostile": hostile_letters(),
        "a night's": a_nights_letters(300),
    }
    opened = open_page(
        browser,
        write_report(program, kinds[letters]),
        viewport={"width": 390, "height": 844},
    )
    page = opened.page

    if letters != "none":
        page.get_by_role("button", name="Payload of dead letter").last.click()
        page.locator("summary").first.click()

    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert opened.is_quiet()


def test_everything_can_be_done_from_the_keyboard(
    browser: Browser, program: Program
) -> None:
    """And a screen reader is told the order and what is open."""
    page = open_page(browser, write_report(program, a_nights_letters(3))).page
    header = page.get_by_role("columnheader", name="Message")
    assert page.locator("th[aria-sort]").all_inner_texts() == ["Failed at, UTC"]

    header.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("Enter")
    expect(header).to_have_attribute("aria-sort", "descending")
    opener = page.get_by_role("button", name="Payload of dead letter 3")
    opener.focus()
    page.keyboard.press("Space")

    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_label("Payload", exact=True)).to_contain_text("User 2")
    nameless = "input, select, button"
    for control in page.locator(nameless).all():
        assert control.evaluate(
            "each => (each.labels?.[0] ?? each).textContent.trim() || each.ariaLabel"
        )


def test_on_paper_there_are_no_buttons(browser: Browser, program: Program) -> None:
    """What can only be clicked is ink for nothing."""
    page = open_page(
        browser, write_report(program, a_nights_letters(3)), color_scheme="dark"
    ).page

    page.emulate_media(media="print")

    expect(page.get_by_role("searchbox")).to_be_hidden()
    expect(page.get_by_role("button", name="Next")).to_be_hidden()
    expect(page.locator("#rows .letter").first).to_be_visible()
    assert brightness(page) > 0.9
