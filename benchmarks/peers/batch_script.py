"""The script that people would write instead: a file of users, in batches.

    python batch_script.py URL FILE

It has no queue, no retries but the client's own, and all users in memory.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from customerio import CustomerIO
from python_clients import BATCH_USERS, PlainAdapter

url, path = sys.argv[1:]
client = CustomerIO("site", "key")
client.http.mount("https://", PlainAdapter(url))
with Path(path).open() as file:
    users = json.load(file)
for start in range(0, len(users), BATCH_USERS):
    group = [
        {
            "type": "person",
            "action": "identify",
            "identifiers": {"id": str(user["id"])},
            "attributes": {"ltv": user["computed_ltv"], "name": user["name"]},
        }
        for user in users[start : start + BATCH_USERS]
    ]
    client.batch(group)
