"""Files of users, the same ones each time.

    python people.py KIND FILE COUNT

makes one in a process of its own: a large process's children are counted as
large themselves (Linux hands the highest resident size down to them). Kinds:

- ``records``: a JSON array with a record a line, about 170 bytes each.
- ``changed``: the same, but every hundredth user has another name.
- ``nested``: a JSON array on one line, without blanks; a record has orders, and
  those have items, about 600 bytes in all.
- ``jsonl``, ``csv``: the records as JSON Lines and as CSV.
- ``payloads``: ids and attributes, as peers send them.
"""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAPPINGS = [{"from": "computed_ltv", "to": "ltv"}, {"from": "name", "to": "name"}]


_SUFFIXES = {"jsonl": ".jsonl", "csv": ".csv"}


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


def changed_users(count: int) -> Iterator[dict[str, Any]]:
    """Make the same records a day later: 1 % have changed."""
    for user in users(count):
        yield user | {"name": "Renamed"} if user["id"] % 100 == 0 else user


def nested_users(count: int) -> Iterator[dict[str, Any]]:
    """Make records whose inner objects begin like the records themselves."""
    for user in users(count):
        number = user["id"]
        items = [
            {"id": item, "sku": f"SKU-{number}-{item}", "price": item * 9.5}
            for item in range(3)
        ]
        orders = [
            {"id": order, "total": user["computed_ltv"], "items": items}
            for order in range(3)
        ]
        yield user | {"orders": orders}


def make_file(kind: str, folder: Path, count: int) -> Path:
    """Make a file of a kind, if it is not there yet."""
    path = folder / f"{kind}-{count}{_SUFFIXES.get(kind, '.json')}"
    if not path.exists():
        subprocess.run([sys.executable, __file__, kind, path, str(count)], check=True)
    return path


def _write_array(path: Path, records: Iterator[dict[str, Any]]) -> None:
    with path.open("w") as file:
        for number, user in enumerate(records):
            file.write(("[" if number == 0 else ",\n") + json.dumps(user))
        file.write("]\n")


def _write_one_line(path: Path, records: Iterator[dict[str, Any]]) -> None:
    with path.open("w") as file:
        for number, user in enumerate(records):
            text = json.dumps(user, separators=(",", ":"))
            file.write(("[" if number == 0 else ",") + text)
        file.write("]")


def _write_lines(path: Path, records: Iterator[dict[str, Any]]) -> None:
    with path.open("w") as file:
        file.writelines(json.dumps(user) + "\n" for user in records)


def _write_csv(path: Path, records: Iterator[dict[str, Any]]) -> None:
    names = ["id", "name", "computed_ltv", "email", "plan", "city", "zip"]
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, names, extrasaction="ignore")
        table.writeheader()
        table.writerows(user | user["address"] for user in records)


def _write(kind: str, path: Path, count: int) -> None:
    match kind:
        case "records":
            _write_array(path, users(count))
        case "changed":
            _write_array(path, changed_users(count))
        case "nested":
            _write_one_line(path, nested_users(count))
        case "jsonl":
            _write_lines(path, users(count))
        case "csv":
            _write_csv(path, users(count))
        case "payloads":
            path.write_text(json.dumps(payloads(count)))
        case _:
            raise ValueError(kind)


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
    _write(kind, Path(name), int(number))
