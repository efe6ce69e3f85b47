"""The published schemas of what is sent.

In one position the published ones have no ``required``: by these, each identifier of a
related person would be of all three kinds, and so of none (``oneOf``). It is added.
"""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema

from tests.support.api import Entry
from tests.support.program import MAIN

SCHEMAS: dict[str, Any] = json.loads(
    (MAIN.parent / "tests" / "data" / "track_requests.json").read_text("utf-8")
)
_IDENTIFIER = re.compile(r"(/api/v1/customers/)[^/]+")
# These have no body; the official client sends an empty object.
_WITHOUT_BODY = ("", "/suppress", "/unsuppress")


def check_request(entry: Entry) -> Any:
    """Check a request that has arrived against its operation; return its JSON."""
    path = _IDENTIFIER.sub(r"\1{identifier}", entry.path)
    document = json.loads(entry.body)
    if (
        entry.method != "PUT"
        and path.removeprefix("/api/v1/customers/{identifier}") in _WITHOUT_BODY
    ):
        assert document == {}
        return document
    schema = SCHEMAS[f"{entry.method} {path}"]
    jsonschema.Draft202012Validator(
        {**schema, "definitions": SCHEMAS["definitions"]}
    ).validate(document)
    for item in document.get("batch", [document] if path.startswith("/api/v2") else []):
        # The schemas allow any further name among the attributes.
        assert not {"cio_relationships", "_timestamp"} & set(item.get("attributes", {}))
    return document
