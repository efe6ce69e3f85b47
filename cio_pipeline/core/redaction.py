"""Removal of keys from everything that is written. Pure.

A server or a proxy may echo the keys in its reply: some gateways put a request's
headers into their error pages. So replies are cleaned when they arrive, and log
lines when they are written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote

from cio_pipeline.core.jobs import JsonValue, NoReply, Reply

HIDDEN = "[hidden]"
# Customer.io's keys have 20 or more characters. A text shorter than this is a
# placeholder, and may be a number or word that appears in any message.
_SHORTEST_SECRET = 8


_PASSWORD = re.compile(r"(://[^\s/:@]*):\S*@")


def without_passwords(text: str) -> str:
    """Return a text in which no address has a password."""
    return _PASSWORD.sub(rf"\1:{HIDDEN}@", text)


class Redaction:
    """Replaces secrets by `HIDDEN`.

    Args:
        secrets: the texts to remove; those of fewer than 8 characters are ignored.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}
        forms = known | {quote(secret, safe="") for secret in known}
        # The longest first: one key may be a prefix of another.
        self._secrets = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return a text without the secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def reply(self, reply: Reply | NoReply) -> Reply | NoReply:
        """Return a reply without the secrets; one with status 200 is unchanged."""
        if isinstance(reply, NoReply):
            return reply._replace(problem=self.text(reply.problem))
        if reply.status == 200:
            return reply
        location = reply.location and self.text(reply.location)
        return reply._replace(body=self._body(reply.body), location=location)

    def _body(self, body: bytes) -> bytes:
        text = body.decode("utf-8", "replace")
        if "\\" in text:  # JSON can write any character as an escape
            try:
                return json.dumps(self._document(json.loads(text))).encode()
            except (ValueError, RecursionError):
                pass  # not JSON
        return self.text(text).encode()

    def _document(self, value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {self.text(key): self._document(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._document(each) for each in value]
        return self.text(value) if isinstance(value, str) else value
