"""Customer.io's published limits, all of them.

The source is the published Track API description (OpenAPI, 2026-08) and the App API's
reference. Numbers of ours (how much is read, kept or shown) are where they are used.
"""

from __future__ import annotations

# An identifier, in UTF-8.
ID_LIMIT_BYTES = 150

# Of a person, and of one call.
ATTRIBUTE_LIMIT_COUNT = 300
ATTRIBUTE_NAME_LIMIT_BYTES = 150
# Text in UTF-8; an object or a list as JSON.
ATTRIBUTE_VALUE_LIMIT_BYTES = 1000

# One person's payload, "at most 32 KB": a larger item of a batch is refused, the
# others in its body are not.
PAYLOAD_LIMIT_BYTES = 32_000
# A body of `POST /api/v2/batch`, "under 500 KB", with room for what is around items.
BATCH_LIMIT_BYTES = 499_000

# A workspace, v1 and v2 together. What an unbounded run is led back towards after
# a 429.
TRACK_API_LIMIT_PER_SECOND = 1000.0
APP_API_LIMIT_PER_SECOND = 10.0
# Of one `POST /v1/customers/attributes` of the App API.
LOOK_UP_LIMIT_IDS = 100
