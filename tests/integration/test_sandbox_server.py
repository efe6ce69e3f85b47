"""The sandbox as a process, changed while it runs."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import requests

from cio_pipeline.sandbox.server import Sandbox
from tests.support.program import MAIN

AUTH = ("sandbox-site", "sandbox-key")


@pytest.fixture
def url() -> Iterator[str]:
    """Start `python main.py sandbox` on a free port."""
    command = [sys.executable, MAIN, "sandbox", "-port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    yield next(word for word in line.split() if word.startswith("http"))
    process.terminate()
    assert process.wait(timeout=10) == 0
    process.stdout.close()


def put(url: str, user: str) -> int:
    """Upsert a person."""
    answer = requests.put(
        f"{url}/api/v1/customers/{user}", json={"x": 1}, auth=AUTH, timeout=10
    )
    return answer.status_code


def change(url: str, **faults: float | str | None) -> int:
    """Change the faults."""
    answer = requests.put(f"{url}/_sandbox/faults", json=faults, timeout=10)
    return answer.status_code


def test_what_goes_wrong_can_be_changed_while_it_runs(url: str) -> None:
    """Latency, errors, 429 with Retry-After, dropped connections."""
    before = put(url, "1")
    change(url, latency_ms=200)
    began = time.monotonic()
    slow = put(url, "1")
    took = time.monotonic() - began
    change(url, latency_ms=0, error_share=1, error_status=500)
    broken = put(url, "1")
    change(url, error_share=0, throttle_share=1, retry_after="7")
    throttled = requests.put(f"{url}/api/v1/customers/1", auth=AUTH, timeout=10)
    change(url, throttle_share=0, drop_share=1)
    with pytest.raises(requests.ConnectionError):
        put(url, "1")
    change(url, drop_share=0)

    assert (before, slow, broken, put(url, "1")) == (200, 200, 500, 200)
    assert took >= 0.2
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "7")


def test_an_unknown_fault_is_refused_and_named(url: str) -> None:
    """It must not be ignored."""
    answer = requests.put(f"{url}/_sandbox/faults", json={"latency": 1}, timeout=10)

    assert answer.status_code == 400
    assert answer.json()["unknown"] == ["latency"]


@pytest.mark.parametrize(
    "faults",
    [
        {"outage_mode": "slow"},
        {"latency_ms": "slow"},
        {"latency_ms": -1},
        {"error_share": 7},
        {"error_status": 99},
        {"retry_after": "1\n2"},
    ],
    ids=str,
)
def test_a_fault_that_cannot_be_is_refused(
    url: str, faults: dict[str, float | str]
) -> None:
    """It must not break the sandbox or be used as another option."""
    assert change(url, **faults) == 400
    assert put(url, "1") == 200


def test_it_keeps_its_books(url: str) -> None:
    """The requests and the people can be read and deleted."""
    put(url, "1")
    put(url, "2")

    stats = requests.get(f"{url}/_sandbox/stats", timeout=10).json()
    people = requests.get(f"{url}/_sandbox/people?start=1", timeout=10).json()
    requests.post(f"{url}/_sandbox/reset", timeout=10)
    after = requests.get(f"{url}/_sandbox/stats", timeout=10).json()

    assert (stats["requests"], stats["people"]) == (2, 2)
    assert [person["identifiers"] for person in people["people"]] == [{"id": "2"}]
    assert (after["requests"], after["people"]) == (0, 0)


def test_each_connection_counts_once() -> None:
    """A closed connection is not confused with a new one at the same memory address."""
    with Sandbox() as sandbox:
        host = sandbox.url.removeprefix("http://")
        for _ in range(30):
            connection = http.client.HTTPConnection(host)
            for _ in range(2):
                connection.request("GET", "/nowhere")
                connection.getresponse().read()
            connection.close()

        assert sandbox.stats.connections == 30
