"""Pages in a browser: what they do that they should not, and how they look."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

HOSTILE = [
    "<script>document.title = 'owned'</script>",
    "</script><script>document.title = 'owned'</script>",
    "<!--<script>",
    '"><img src=x onerror="document.title = \'owned\'">',
    "<iframe src='http://127.0.0.1:9/'></iframe>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "evil\u202egnp.exe",
    "a\u2028b\u2029c",
    "nul\u0000byte",
    "\x1b[31mred",
    "\ufeff\u200bunseen",
    "x" * 150,
]


@dataclass
class Opened:
    """A page that is open, and what it did that it should not."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def is_quiet(self) -> bool:
        """Whether nothing was asked of the network, run or complained of."""
        return not self.complaints and len(self.requests) == 1


def open_page(browser: Browser, path: Path | str, **options: Any) -> Opened:
    """Open a file or an address, and watch it."""
    page = browser.new_context(**options).new_page()
    opened = Opened(page)
    page.on("request", lambda request: opened.requests.append(request.url))
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    page.on("console", lambda message: opened.complaints.append(message.text))

    def note_dialog(dialog: Any) -> None:
        opened.complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", note_dialog)
    page.goto(path.as_uri() if isinstance(path, Path) else path)
    return opened


def barriers(page: Page) -> list[str]:
    """Return what axe-core finds that keeps people out (WCAG 2.2, A and AA)."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]


def brightness(page: Page) -> float:
    """How bright the page's ground is, from 0 to 1."""
    return luminance(colour(page, "body", "backgroundColor"))


def contrast(page: Page, selector: str) -> float:
    """The contrast of an element's text with what is behind it (WCAG 2.2, 1.4.3)."""
    ink = luminance(colour(page, selector, "color"))
    ground = luminance(ground_behind(page, selector))
    return (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05)


def colour(page: Page, selector: str, name: str) -> list[float]:
    """A computed colour, as red, green and blue from 0 to 1."""
    text = page.locator(selector).first.evaluate(
        "(each, name) => getComputedStyle(each)[name]", name
    )
    return _parts(text)


def ground_behind(page: Page, selector: str) -> list[float]:
    """The colour of the nearest ground that is painted."""
    return _parts(
        page.locator(selector).first.evaluate(
            """each => {
                while (getComputedStyle(each).backgroundColor === "rgba(0, 0, 0, 0)") {
                    each = each.parentElement;
                }
                return getComputedStyle(each).backgroundColor;
            }"""
        )
    )


def _parts(css: str) -> list[float]:
    return [int(part) / 255 for part in css.removeprefix("rgb(")[:-1].split(",")]


def luminance(colour: list[float]) -> float:
    """How bright a colour is (WCAG 2.2, relative luminance)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
