"""Keeping keys out of whatever is written down. Pure.

A server, or a proxy before it, may say the keys in its answer: gateways that echo
a request's headers into their error pages do. So answers are cleaned where they
come in, and log lines where they go out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import quote

from cio_pipeline.core.jobs import JsonValue, NoReply, Reply

HIDDEN = "[hidden]"
# Customer.io's keys have 20 characters and more. A shorter text than this is no key
# of theirs but a placeholder, and as a number or a word it is in any message.
_SHORTEST_SECRET = 8


class Redaction:
    """Puts `HIDDEN` in the place of secrets.

    Args:
        secrets: the texts that may appear nowhere; one of fewer than 8 characters
            is not looked for.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}
        forms = known | {quote(secret, safe="") for secret in known}
        # The longest first: one key may be the beginning of another.
        self._secrets = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Clean a text."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def reply(self, reply: Reply | NoReply) -> Reply | NoReply:
        """Clean an answer; a plain success, whose words nobody keeps, is left."""
        if isinstance(reply, NoReply):
            return reply._replace(problem=self.text(reply.problem))
        if reply.status == 200:
            return reply
        location = reply.location and self.text(reply.location)
        return reply._replace(body=self._body(reply.body), location=location)

    def _body(self, body: bytes) -> bytes:
        text = body.decode("utf-8", "replace")
        if "\\" in text:  # JSON can write any character in another way
            try:
                return json.dumps(self._document(json.loads(text))).encode()
            except (ValueError, RecursionError):
                pass  # not JSON after all
        return self.text(text).encode()

    def _document(self, value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {self.text(key): self._document(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._document(each) for each in value]
        return self.text(value) if isinstance(value, str) else value
