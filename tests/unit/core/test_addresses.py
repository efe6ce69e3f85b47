"""Checks of a base address before anything is sent to it."""

from __future__ import annotations

import pytest

from cio_pipeline.core.addresses import APP_API, TRACK_API, Api, address_problem


@pytest.mark.parametrize(
    ("api", "url"),
    [
        (TRACK_API, "https://track.customer.io"),
        (TRACK_API, "https://track-eu.customer.io/"),
        (TRACK_API, "https://TRACK.customer.io:443"),
        (TRACK_API, "https://track.customer.io."),
        (TRACK_API, "http://127.0.0.1:8080"),
        (TRACK_API, "http://[::1]:8080/"),
        (TRACK_API, "http://localhost:8080/base/"),
        (TRACK_API, "https://proxy.example/customerio"),
        (TRACK_API, "https://proxy.example/customerio/v1"),
        (TRACK_API, "https://proxy.example/api"),
        (TRACK_API, "https://k8s.example/api/v1/namespaces/a/services/b/proxy"),
        (TRACK_API, "https://proxy.example/api/v10"),
        (TRACK_API, "https://notcustomer.io/track"),
        (TRACK_API, "https://customer.io.example/track"),
        (APP_API, "https://api.customer.io"),
        (APP_API, "https://api-eu.customer.io/"),
        (APP_API, "http://127.0.0.1:8080/app"),
        (APP_API, "https://proxy.example/v1/customerio"),
    ],
)
def test_a_usable_address_is_accepted(api: Api, url: str) -> None:
    """A proxy may have its own path; an address that works today must keep working."""
    assert address_problem(api, url) is None


@pytest.mark.parametrize(
    ("api", "url", "right"),
    [
        (TRACK_API, "https://track.customer.io/api/v1", "https://track.customer.io"),
        (TRACK_API, "https://track.customer.io/api/v1/", "https://track.customer.io"),
        (TRACK_API, "https://track-eu.customer.io/v1", "https://track-eu.customer.io"),
        (TRACK_API, "https://track.customer.io/api", "https://track.customer.io"),
        (TRACK_API, "http://track.customer.io", "https://track.customer.io"),
        (TRACK_API, "http://h:80/api/v1", "http://h:80"),
        (TRACK_API, "http://h:80/API/V2//", "http://h:80"),
        (TRACK_API, "http://h:80//api/v1", "http://h:80"),
        (TRACK_API, "http://h:80/v1", "http://h:80"),
        (TRACK_API, "http://h:80/cio/api/v1", "http://h:80/cio"),
        (TRACK_API, "http://h:80/api/v1/customers/", "http://h:80"),
        (TRACK_API, "http://h:80/api/v1/customers/5", "http://h:80"),
        (TRACK_API, "http://h:80/api/v2/batch", "http://h:80"),
        (TRACK_API, "http://h:80/api/v1/accounts/region", "http://h:80"),
        (APP_API, "http://h:80/v1", "http://h:80"),
        (APP_API, "http://h:80/cio/v1/", "http://h:80/cio"),
        (APP_API, "http://h:80/api/v1", "http://h:80"),
        (APP_API, "http://h:80/v1/customers", "http://h:80"),
        (APP_API, "https://api.customer.io/v1", "https://api.customer.io"),
        (TRACK_API, "https://api.customer.io", "https://track.customer.io"),
        (TRACK_API, "https://api-eu.customer.io/v1", "https://track-eu.customer.io"),
        (APP_API, "https://track.customer.io", "https://api.customer.io"),
        (APP_API, "https://track-eu.customer.io", "https://api-eu.customer.io"),
        (TRACK_API, "https://fly.customer.io/env/5", "https://track.customer.io"),
        (TRACK_API, "https://customer.io", "https://track.customer.io"),
        (TRACK_API, "https://cdp.customer.io/v1", "https://track.customer.io"),
        (APP_API, "https://fly-eu.customer.io", "https://api-eu.customer.io"),
        (TRACK_API, "track.customer.io", "https://track.customer.io"),
        (TRACK_API, "proxy.example:8080/base", "https://proxy.example:8080/base"),
    ],
)
def test_a_wrong_address_is_refused_with_the_right_one(
    api: Api, url: str, right: str
) -> None:
    """Otherwise every user of a file would get a 404 and become a dead letter."""
    problem = address_problem(api, url)

    assert problem is not None
    assert f'"{right}"' in problem


def test_an_address_of_the_other_api_is_named_as_such() -> None:
    """Both are called Customer.io's API; the two keys are easily swapped."""
    problem = address_problem(TRACK_API, "https://api.customer.io")

    assert problem is not None
    assert "the address of the App API (appUrl)" in problem


@pytest.mark.parametrize(
    "url",
    [
        "https://ada:hunter2@track.customer.io",
        "https://hunter2@track.customer.io",
        "https://@track.customer.io",
        "https://ada:hunter2@h:99999",
        "ada:hunter2@track.customer.io",
        "ftp://ada:hunter2@h",
        "h.example/?key=hunter2",
        "h\n",
        "https://h/?key=hunter2",
        "https://h?",
        "https://h/#hunter2",
        "https://h#",
        "https://",
        "http://h:0",
        "http://[::1",
        "http:/h",
        "//track.customer.io",
        "https://h/a b",
        "https://h/\n",
        "https://hé",
    ],
)
def test_an_invalid_base_address_is_refused_without_its_password(url: str) -> None:
    """Guarantee 10: messages never contain secrets."""
    problem = address_problem(TRACK_API, url)

    assert problem is not None
    assert "https://track.customer.io" in problem
    assert "hunter2" not in problem
    assert "\n" not in problem
