"""The sandbox without its server, for tests that send one request at a time."""

from __future__ import annotations

import base64
import json
from typing import Any

from cio_pipeline.sandbox.answers import Answer, Request
from cio_pipeline.sandbox.app_api import AppApi
from cio_pipeline.sandbox.people import People
from cio_pipeline.sandbox.track_api import TrackApi

BASIC = "Basic " + base64.b64encode(b"site:key").decode()
BEARER = "Bearer app"


class Workspace:
    """A sandbox without a server."""

    def __init__(self) -> None:
        self.people = People()
        self.track = TrackApi(self.people, BASIC)
        self.app = AppApi(self.people, BEARER)

    def put(self, path: str, body: Any, authorization: str = BASIC) -> Answer:
        """Upsert a person."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": authorization}
        return self.track.answer(Request("PUT", path, {}, headers, text))

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Post to version 2."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.track.answer(
            Request("POST", path, {}, {"Authorization": BASIC}, text)
        )
        return answer.status, json.loads(answer.body)

    def look_up(
        self, path: str, query: dict[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, Any]:
        """Look a person up with the App API."""
        method = "POST" if body else "GET"
        answer = self.app.answer(
            Request(method, path, query or {}, {"Authorization": BEARER}, body)
        )
        return answer.status, json.loads(answer.body)


def identify(identifier: Any, kind: str = "id", **attributes: Any) -> dict[str, Any]:
    """Return a batch item."""
    return {
        "type": "person",
        "action": "identify",
        "identifiers": {kind: identifier},
        "attributes": attributes,
    }
