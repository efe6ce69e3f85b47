"""Customer.io's limits are the ones that the documentation names."""

from __future__ import annotations

from pathlib import Path

import pytest

from cio_pipeline.core import limits

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"
TRACK_API = f"{limits.TRACK_API_LIMIT_PER_SECOND:,.0f} a second"
APP_API = f"{limits.APP_API_LIMIT_PER_SECOND:.0f} a second"


@pytest.mark.parametrize(
    ("what", "limit"),
    [
        ("user id", f"{limits.ID_LIMIT_BYTES} bytes"),
        ("attribute name", f"{limits.ATTRIBUTE_NAME_LIMIT_BYTES} bytes"),
        ("attributes of a person", f"{limits.ATTRIBUTE_LIMIT_COUNT}"),
        ("attribute value", f"{limits.ATTRIBUTE_VALUE_LIMIT_BYTES:,} bytes"),
        ("one person's payload", f"{limits.PAYLOAD_LIMIT_BYTES // 1000} KB"),
        ("a batch's body", f"{limits.BATCH_LIMIT_BYTES // 1000 + 1} KB"),
        ("requests", f"{TRACK_API}, App API {APP_API}"),
    ],
)
def test_each_limit_is_the_documented_one(what: str, limit: str) -> None:
    """Users plan with the page: a limit that changes must change there too."""
    assert f"| {what} | {limit} |" in PAGE.read_text()
