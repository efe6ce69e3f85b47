"""Where the keys may be sent."""

from __future__ import annotations

import pytest

from cio_pipeline.customerio.redirects import allowed_target

US = "https://track.customer.io/api/v1/customers/1"
LOCAL = "http://127.0.0.1:8080/api/v1/customers/1"


@pytest.mark.parametrize(
    ("url", "location"),
    [
        (US, "https://track-eu.customer.io/api/v1/customers/1"),
        (US, "https://TRACK-EU.Customer.IO/x"),
        (US, "https://customer.io/x"),
        (US, "https://track-eu.customer.io:443/x"),
        (US, "/api/v1/customers/2"),
        (LOCAL, "http://127.0.0.1:8080/elsewhere"),
        (LOCAL, "../2"),
        (LOCAL, "https://track.customer.io/x"),
    ],
)
def test_redirects_to_the_same_server_and_to_customer_io_are_followed(
    url: str, location: str
) -> None:
    """Guarantee 10: `*.customer.io` or the configured address."""
    assert allowed_target(url, location) is not None


@pytest.mark.parametrize(
    ("url", "location"),
    [
        (US, "https://evil.example/"),
        (US, "https://customer.io.evil.example/"),
        (US, "https://evilcustomer.io/"),
        (US, "http://track-eu.customer.io/"),
        (US, "https://track-eu.customer.io:8443/"),
        (US, "https://user:password@track-eu.customer.io/"),
        (US, "https://track.customer.io@evil.example/"),
        (US, "//evil.example/"),
        (US, "ftp://track.customer.io/"),
        (US, "https://[evil"),
        (US, "https://track.customer.io:port/"),
        (LOCAL, "http://127.0.0.1:8081/"),
        (LOCAL, "http://localhost:8080/"),
        (LOCAL, "https://127.0.0.1:8080/"),
        (US, ""),
        (US, None),
    ],
)
def test_no_other_redirect_is_followed(url: str, location: str | None) -> None:
    """Look-alikes, plain HTTP and other ports included."""
    assert allowed_target(url, location) is None
