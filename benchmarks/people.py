"""Files of users, the same ones each time.

    python people.py records|payloads FILE COUNT

makes one in a process of its own: a large process's children are counted as
large themselves (Linux hands the highest resident size down to them).
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAPPINGS = [{"from": "computed_ltv", "to": "ltv"}, {"from": "name", "to": "name"}]


def users(count: int) -> Iterator[dict[str, Any]]:
    """Make records as an export has them: what is mapped, and what is not."""
    chance = random.Random(1)
    for number in range(count):
        yield {
            "id": number,
            "name": f"User {number} Lovelace-Hopper",
            "computed_ltv": round(chance.uniform(0, 5000), 2),
            "email": f"user{number}@example.com",
            "plan": chance.choice(["free", "pro", "team"]),
            "tags": ["a", "b"],
            "address": {"city": "Utrecht", "zip": "3511"},
        }


def payloads(count: int) -> list[tuple[str, dict[str, Any]]]:
    """Give ids and attributes as they are sent."""
    return [
        (str(user["id"]), {"ltv": user["computed_ltv"], "name": user["name"]})
        for user in users(count)
    ]


def make_file(kind: str, path: Path, count: int) -> Path:
    """Make a file of ``records`` as the program reads or ``payloads`` as peers do."""
    subprocess.run([sys.executable, __file__, kind, path, str(count)], check=True)
    return path


def _write_records(path: Path, count: int) -> None:
    with path.open("w") as file:
        for number, user in enumerate(users(count)):
            file.write(("[" if number == 0 else ",\n") + json.dumps(user))
        file.write("]\n")


def _write_payloads(path: Path, count: int) -> None:
    path.write_text(json.dumps(payloads(count)))


def write_configuration(path: Path, url: str, **changes: Any) -> Path:
    """Write a configuration."""
    document = {
        "parallelism": 25,
        "userId": "id",
        "mappings": MAPPINGS,
        "siteId": "site",
        "apiKey": "key",
        "trackUrl": url,
        "requestsPerSecond": 0,
    }
    path.write_text(json.dumps(document | changes))
    return path


if __name__ == "__main__":
    _, kind, name, number = sys.argv
    write = {"records": _write_records, "payloads": _write_payloads}[kind]
    write(Path(name), int(number))
