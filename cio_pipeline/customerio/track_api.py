"""The Track API: people, events and objects, and the region of a workspace."""

from __future__ import annotations

import base64
import platform
from urllib.parse import quote, urlsplit

import cio_pipeline
from cio_pipeline.core.jobs import Job, NoReply, Reply
from cio_pipeline.core.redaction import Redaction
from cio_pipeline.customerio.http.exchange import header_lines
from cio_pipeline.customerio.http.transport import Transport
from cio_pipeline.customerio.redirects import (
    FOLLOWED_STATUSES,
    MOST_REDIRECTS,
    allowed_target,
)

_USER_AGENT = (
    f"cio-pipeline/{cio_pipeline.__version__} (Python {platform.python_version()})"
)
# The method and the end of the path of each action on a person, except the upsert.
_ACTIONS = {
    "delete": ("DELETE", ""),
    "suppress": ("POST", "/suppress"),
    "unsuppress": ("POST", "/unsuppress"),
    "track": ("POST", "/events"),
}
_TRACK_URLS = {
    "us": "https://track.customer.io",
    "eu": "https://track-eu.customer.io",
}


def track_url_of_region(region: str) -> str:
    """Return the address of the Track API in a region, ``us`` or ``eu``."""
    return _TRACK_URLS[region]


def encode_identifier(user_id: str) -> str:
    """Return a user id as one percent-encoded path segment."""
    if user_id.isascii() and user_id.isalnum():
        return user_id
    # quote() does not encode dots, and servers and proxies may remove "." and ".."
    # from a path: the user id ".." would become PUT /api/v1/.
    if user_id in (".", ".."):
        return user_id.replace(".", "%2E")
    return quote(user_id, safe="")


def basic_token(site_id: str, api_key: str) -> str:
    """Return the token of HTTP basic authentication (RFC 7617)."""
    return base64.b64encode(f"{site_id}:{api_key}".encode()).decode("ascii")


def head_lines(authorization: str) -> bytes:
    """Return the header lines that all requests to an API have."""
    return header_lines(
        {
            "Authorization": authorization,
            "Content-Type": "application/json",
            "User-Agent": _USER_AGENT,
            # As urllib3 does: no compression is wanted.
            "Accept-Encoding": "identity",
        }
    )


def _secrets_in(basic_token: str) -> list[str]:
    """Return the token and the API key in it."""
    _, _, api_key = base64.b64decode(basic_token).decode().partition(":")
    return [basic_token, api_key]


class TrackClient:
    """Customer.io's Track API with one workspace's keys. Thread-safe.

    Args:
        transport: the connections.
        base_url: the address without a trailing slash.
        basic_token: base64 of ``site id:API key`` (RFC 7617).
    """

    def __init__(self, transport: Transport, base_url: str, basic_token: str) -> None:
        self._transport = transport
        self._endpoint = transport.endpoint(base_url)
        self._redaction = Redaction(_secrets_in(basic_token))
        self._head = head_lines(f"Basic {basic_token}")

    def upsert(self, job: Job) -> Reply | NoReply:
        """Send one person's attributes, once."""
        path = "/api/v1/customers/" + encode_identifier(job.user_id)
        return self._send("PUT", path, job.body, job.attempts)

    def act(self, job: Job) -> Reply | NoReply:
        """Delete, suppress or unsuppress a person, or send an event, once."""
        method, end = _ACTIONS[job.operation.action]
        path = f"/api/v1/customers/{encode_identifier(job.user_id)}{end}"
        return self._send(method, path, job.body, job.attempts)

    def send_entity(self, item: bytes, attempts: int) -> Reply | NoReply:
        """Send one item of a batch, once.

        Args:
            item: the item, from `items.items_of`.
            attempts: the earlier attempts of its job.
        """
        return self._send("POST", "/api/v2/entity", item, attempts)

    def send_batch(self, body: bytes, attempts: int) -> Reply | NoReply:
        """Send many items, once.

        Args:
            body: the body, from `batch.make_body`.
            attempts: the most earlier attempts of any of its jobs.
        """
        return self._send("POST", "/api/v2/batch", body, attempts)

    def _send(
        self, method: str, path: str, body: bytes, attempts: int
    ) -> Reply | NoReply:
        head = self._head
        if attempts:
            head += b"X-Retry-Count: %d\r\n" % attempts
        reply = self._transport.send(self._endpoint, method, path, body, head)
        if isinstance(reply, Reply) and reply.status in FOLLOWED_STATUSES:
            reply = self._follow(method, path, body, head, reply)
        return self._redaction.reply(reply)

    def ask_region(self) -> Reply | NoReply:
        """Ask for the workspace's region, once."""
        return self._send("GET", "/api/v1/accounts/region", b"", 0)

    def _follow(
        self,
        method: str,
        path: str,
        body: bytes,
        head: bytes,
        reply: Reply,
    ) -> Reply | NoReply:
        """Follow redirects as far as the keys may be sent.

        Returns:
            The last answer; if it is a redirect, it was not followed.
        """
        answer: Reply | NoReply = reply
        url = self._endpoint.url + path
        for _ in range(MOST_REDIRECTS):
            if not isinstance(answer, Reply) or answer.status not in FOLLOWED_STATUSES:
                break
            target = allowed_target(url, answer.location)
            if target is None:
                break
            url = target
            parts = urlsplit(target)
            endpoint = self._transport.endpoint(f"{parts.scheme}://{parts.netloc}")
            query = f"?{parts.query}" if parts.query else ""
            answer = self._transport.send(
                endpoint, method, parts.path + query, body, head
            )
            if parts.path == path and isinstance(answer, Reply) and answer.status < 300:
                # The whole API has moved: use its new address from now on.
                self._endpoint = endpoint
        return answer
