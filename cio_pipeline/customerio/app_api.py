"""The App API: looks up people, and lists what happened to them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from cio_pipeline.core.config import Config
from cio_pipeline.core.jobs import NoReply, Reply
from cio_pipeline.core.json_text import encode
from cio_pipeline.core.redaction import Redaction
from cio_pipeline.customerio.http.transport import Transport
from cio_pipeline.customerio.outcome import Wording
from cio_pipeline.customerio.track_api import head_lines

_APP_URLS = {
    "us": "https://api.customer.io",
    "eu": "https://api-eu.customer.io",
}


def app_url_of_region(region: str) -> str:
    """Return the address of the App API in a region, ``us`` or ``eu``."""
    return _APP_URLS[region]


def address_hint(config: Config) -> str:
    """Return a sentence on what to check if the App API's address may be wrong."""
    if config.app_url is not None:
        return "Check appUrl in the configuration, and the proxy if you use one"
    if config.region is not None:
        return "Check region in the configuration, and the proxy if you use one"
    return "Check the proxy if you use one"


def app_wording(*, request: str, address_hint: str, kept: str) -> Wording:
    """Return the words for a request in errors (see `Wording`)."""
    return Wording(
        request=request,
        keys="the App API key",
        check_keys="Check appApiKey in the configuration; a Track API key does not work"
        f" here. {address_hint}",
        check_address=address_hint,
        kept=kept,
    )


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
        """Look up people by ``id``; the answer has only those that exist.

        Args:
            ids: at most `core.limits.LOOK_UP_LIMIT_IDS`.
        """
        body = encode({"ids": list(ids)})
        return self._send("POST", "/v1/customers/attributes", body)

    def look_up(self, identifier: str, kind: str) -> Reply | NoReply:
        """Look up one person; the answer is a 404 if there is none.

        Args:
            identifier: the id, email address, ``cio_`` id or phone number.
            kind: the kind of the identifier.
        """
        path = f"/v1/customers/{quote(identifier, safe='')}/attributes?id_type={kind}"
        return self._send("GET", path, b"")

    def list_activities(
        self, activity_type: str, limit: int, start: str = ""
    ) -> Reply | NoReply:
        """Return a page of the workspace's activity log.

        Args:
            activity_type: the type of the activities.
            limit: the most activities, up to `core.limits.ACTIVITIES_LIMIT`.
            start: the ``next`` of the page before; empty for the first page.
        """
        path = f"/v1/activities?type={quote(activity_type, safe='')}&limit={limit}"
        if start:
            path += f"&start={quote(start, safe='')}"
        return self._send("GET", path, b"")

    def _send(self, method: str, path: str, body: bytes) -> Reply | NoReply:
        reply = self._transport.send(self._endpoint, method, path, body, self._head)
        return self._redaction.reply(reply)
