"""Answers as the APIs write them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn


class Request(NamedTuple):
    """A request.

    Args:
        path: the path of the request line, still encoded, without the query.
        query: its parameters.
        headers: their names ignore case.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """An answer; a status of 0 drops the connection instead."""

    status: int
    body: bytes = b"{}"
    retry_after: str | None = None


OK = Answer(200)
NOT_FOUND = Answer(404, b'{"meta":{"error":"not found"}}')
UNAUTHORIZED = Answer(401, b'{"meta":{"error":"unauthorized"}}')


def json_answer(status: int, document: Any) -> Answer:  # noqa: ANN401  # any JSON
    """Return an answer with a JSON document."""
    return Answer(status, write_json(document).encode())


def v1_error(status: int, message: str) -> Answer:
    """Return an error as version 1 of the Track API writes it."""
    return json_answer(status, {"meta": {"error": message}})


def parse_object(body: bytes) -> dict[str, Any] | None:
    """Read a JSON object, with exact numbers; None if it is something else."""
    try:
        document = json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def write_json(value: Any) -> str:  # noqa: ANN401  # any JSON
    """Write compact JSON in ASCII."""
    return json.dumps(value, separators=(",", ":"))


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
