"""`status -serve`: the live page in a real Chromium, beside a real run."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from subprocess import Popen
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from cio_pipeline.sandbox.faults import Faults
from tests.support.api import ScriptedApi
from tests.support.pages import barriers, open_page
from tests.support.program import SIGINT, SIGKILL, Program
from tests.support.runs import open_store, put_run

USERS = 1200


def users() -> list[dict[str, Any]]:
    """Make users."""
    return [{"id": n, "name": f"User {n}"} for n in range(USERS)]


@contextmanager
def running(program: Program) -> Iterator[Popen[str]]:
    """Start a run, and end it in any case."""
    data = program.write_data(users())
    with program.start("sync", "-data", data, "-json") as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def serving(program: Program, *options: str) -> Iterator[tuple[str, Any]]:
    """Start the command, and give its address and its process."""
    with program.start("status", "-serve", *options) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


def ask(
    address: str, path: str = "/", method: str = "GET", **headers: str
) -> tuple[int, str]:
    """Send one request, and return the status and the body."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def figure(page: Page, label: str) -> str:
    """Read one of the figures of the page."""
    found = page.locator(".figures div").filter(has=page.get_by_text(label, exact=True))
    return found.locator("dd").inner_text()


def test_two_viewers_follow_a_bad_run_to_its_end(
    api: ScriptedApi, browser: Browser, program: Program
) -> None:
    """503s, a storm of 429s, an outage: in the end every count agrees."""
    faults = {"error_share": 0.05, "throttle_share": 0.005, "retry_after": "1"}
    outage = {"outage_in_seconds": 2, "outage_seconds": 2}
    api.sandbox.set_faults(Faults().changed(faults | outage))
    program.configure(requestsPerSecond=700)
    with running(program) as run, serving(program) as (address, _):
        pages = [open_page(browser, address).page for _ in range(2)]
        for page in pages:
            expect(page.locator(".state")).to_contain_text("Running", timeout=20_000)
        pages[0].locator(".plot summary").click()
        stdout, stderr = run.communicate(timeout=60)
        result = json.loads(stdout)
        assert run.returncode == 0, stderr

        for page in pages:
            expect(page.locator(".state")).to_contain_text("Done", timeout=20_000)
            assert figure(page, "Synced") == f"{result['synced']:,}"
            assert figure(page, "Retries") == f"{result['retries']:,}"
            assert figure(page, "Requests") == f"{result['requests']:,}"
        expect(pages[0].locator(".holds")).to_contain_text("slow down (429)")
        cells = pages[0].locator(".plot tbody tr td:nth-child(2)")
        numbers = [int(text.replace(",", "")) for text in cells.all_inner_texts()]
        assert sum(numbers) == result["synced"] == USERS, "it stayed open"


def test_the_page_says_when_the_run_was_killed_and_when_serving_ends(
    api: ScriptedApi, browser: Browser, program: Program
) -> None:
    """A page on which nothing moves must say why."""
    api.sandbox.set_faults(Faults().changed({"latency_ms": 200}))
    with running(program) as run, serving(program) as (address, process):
        page = open_page(browser, address).page
        expect(page.locator(".state")).to_contain_text("Running", timeout=20_000)
        expect(page.locator("#live")).to_contain_text("Live.")

        run.send_signal(SIGKILL)
        run.communicate(timeout=30)

        expect(page.locator(".state")).to_contain_text("it was killed", timeout=20_000)
        process.send_signal(SIGINT)
        assert process.wait(30) == 0
        expect(page.locator("#live")).to_contain_text("status -serve has ended")


def test_a_server_that_is_gone_is_noticed(browser: Browser, program: Program) -> None:
    """It could not say goodbye."""
    with open_store(program) as store:
        put_run(store, "r1", records=10)
    with serving(program) as (address, process):
        page = open_page(browser, address).page
        expect(page.locator("#live")).to_contain_text("Live.")
        process.kill()

        expect(page.locator("#live")).to_contain_text("No connection to status -serve")


def test_a_new_run_takes_the_page_over(browser: Browser, program: Program) -> None:
    """The page of the current run, not of the one that was current."""
    with open_store(program) as store:
        put_run(store, "r1", records=10)
    with serving(program) as (address, _):
        page = open_page(browser, address).page
        expect(page).to_have_title("Run r1")
        with open_store(program) as store:
            put_run(store, "r2", records=20)

        expect(page).to_have_title("Run r2", timeout=20_000)


def test_the_live_page_keeps_nobody_out(browser: Browser, program: Program) -> None:
    """And breaks no rule of its own policy."""
    with open_store(program) as store:
        put_run(store, "r1", records=10)
    with serving(program) as (address, _):
        opened = open_page(browser, address)
        expect(opened.page.locator("#live")).to_contain_text("Live.")

        assert barriers(opened.page) == []
        assert opened.complaints == []
        assert {urlsplit(url).path for url in opened.requests} == {"/", "/events"}


def test_only_this_machine_can_read_and_nobody_can_write(program: Program) -> None:
    """No other host name, no other method, no other path; no keys in any answer."""
    with open_store(program) as store:
        put_run(store, "r1", records=10)
    with serving(program) as (address, _):
        status, page = ask(address)
        assert status == 200
        assert ask(address, Host="evil.example")[0] == 403
        assert ask(address, "/events", Host="evil.example:80")[0] == 403
        assert ask(address, "/events", Origin="http://evil.example")[0] == 403
        assert ask(address, "/other")[0] == 404
        assert ask(address, "/", "POST")[0] == 501
        assert ask(address, "/", "DELETE")[0] == 501
        host, port = urlsplit(address).netloc.split(":")
        assert host == "127.0.0.1"
        with pytest.raises(OSError), socket.create_connection(("127.0.0.2", int(port))):  # noqa: PT011  # refused, by any name
            pass
    assert not re.search(r"sandbox-(site|key|app-key)", page)


def test_a_port_that_is_taken_is_a_mistake(program: Program) -> None:
    """With what to do."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])

        outcome = program.run("status", "-serve", "-port", port)

    assert outcome.code == 2
    assert f"port {port} on 127.0.0.1 cannot be used" in outcome.stderr
    assert program.run("status", "-port", "1").code == 2
    assert program.run("status", "-serve", "-json").code == 2


def test_ctrl_c_ends_it_while_a_viewer_does_not_read(program: Program) -> None:
    """A browser in a suspended laptop must not keep the program."""
    with open_store(program) as store:
        put_run(store, "r1", records=10)
    with (
        serving(program) as (address, process),
        socket.create_connection(
            tuple(urlsplit(address).netloc.split(":"))  # type: ignore[arg-type]  # two
        ) as viewer,
    ):
        viewer.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        process.send_signal(SIGINT)
        assert process.wait(30) == 0
