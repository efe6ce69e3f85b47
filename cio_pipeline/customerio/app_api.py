"""The App API: looking people up."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from cio_pipeline.core.identifiers import IdentifierKind
from cio_pipeline.core.jobs import NoReply, Reply
from cio_pipeline.core.json_text import encode
from cio_pipeline.core.redaction import Redaction
from cio_pipeline.customerio.http.transport import Transport
from cio_pipeline.customerio.track_api import head_lines

_APP_URLS = {
    "us": "https://api.customer.io",
    "eu": "https://api-eu.customer.io",
}


def app_url_of_region(region: str) -> str:
    """Give the App API's address in a region, ``us`` or ``eu``."""
    return _APP_URLS[region]


class AppClient:
    """Customer.io's App API with one workspace's key. Thread-safe.

    Args:
        transport: the connections.
        base_url: the address without a trailing slash.
        app_api_key: the App API's bearer token (RFC 6750).
    """

    def __init__(self, transport: Transport, base_url: str, app_api_key: str) -> None:
        self._transport = transport
        self._endpoint = transport.endpoint(base_url)
        self._redaction = Redaction([app_api_key])
        self._head = head_lines(f"Bearer {app_api_key}")

    def look_up_many(self, ids: Sequence[str]) -> Reply | NoReply:
        """Ask for people by ``id``; the answer leaves unknown ones out.

        Args:
            ids: `core.limits.LOOK_UP_LIMIT_IDS` at most.
        """
        body = encode({"ids": list(ids)})
        path = "/v1/customers/attributes"
        return self._send("POST", path, body)

    def look_up(self, identifier: str, kind: IdentifierKind) -> Reply | NoReply:
        """Ask for one person; 404 where there is none.

        Args:
            identifier: the id, email address or ``cio_`` id.
            kind: which of these it is.
        """
        path = f"/v1/customers/{quote(identifier, safe='')}/attributes?id_type={kind}"
        return self._send("GET", path, b"")

    def _send(self, method: str, path: str, body: bytes) -> Reply | NoReply:
        reply = self._transport.send(self._endpoint, method, path, body, self._head)
        return self._redaction.reply(reply)
