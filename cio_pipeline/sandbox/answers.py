"""Answers as the APIs write them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn


class Request(NamedTuple):
    """What came in.

    Args:
        path: the path as it stood in the request line, without the query.
        query: its parameters.
        headers: whatever their case.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """What goes out; a status of 0 drops the connection instead."""

    status: int
    body: bytes = b"{}"
    retry_after: str | None = None


OK = Answer(200)
NOT_FOUND = Answer(404, b'{"meta":{"error":"not found"}}')
UNAUTHORIZED = Answer(401, b'{"meta":{"error":"unauthorized"}}')


def json_answer(status: int, document: Any) -> Answer:  # noqa: ANN401  # any JSON
    """Answer with a JSON document."""
    return Answer(status, write_json(document).encode())


def v1_error(status: int, message: str) -> Answer:
    """Answer as the Track API's version 1 tells an error."""
    return json_answer(status, {"meta": {"error": message}})


def parse_object(body: bytes) -> dict[str, Any] | None:
    """Read a JSON object, numbers of any size exactly; None where it is none."""
    try:
        document = json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def write_json(value: Any) -> str:  # noqa: ANN401  # any JSON
    """Write compact JSON, all of it ASCII."""
    return json.dumps(value, separators=(",", ":"))


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")
