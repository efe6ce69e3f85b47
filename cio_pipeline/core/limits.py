"""All of Customer.io's published limits.

The sources are the published Track API description (OpenAPI, 2026-08) and the App
API's reference. Our own limits are in the modules that use them.
"""

from __future__ import annotations

# An identifier, in UTF-8.
ID_LIMIT_BYTES = 150

# Per person, and per request.
ATTRIBUTE_LIMIT_COUNT = 300
ATTRIBUTE_NAME_LIMIT_BYTES = 150
# Text in UTF-8; an object or a list as JSON.
ATTRIBUTE_VALUE_LIMIT_BYTES = 1000

# An event's name in UTF-8, and its data as JSON.
EVENT_NAME_LIMIT_BYTES = 100
EVENT_DATA_LIMIT_BYTES = 100_000
# Older events do not trigger campaigns.
EVENT_CAMPAIGN_SECONDS = 72 * 3600

# One person's payload, "at most 32 KB". A batch with a larger item loses only that
# item.
PAYLOAD_LIMIT_BYTES = 32_000
# A body of `POST /api/v2/batch`, "under 500 KB", less some room for the outer JSON.
BATCH_LIMIT_BYTES = 499_000

# Per workspace, v1 and v2 together. A run without a limit returns to it after a 429.
TRACK_API_LIMIT_PER_SECOND = 1000.0
APP_API_LIMIT_PER_SECOND = 10.0
# Per `POST /v1/customers/attributes` of the App API.
LOOK_UP_LIMIT_IDS = 100
# Per page of `GET /v1/activities` of the App API.
ACTIVITIES_LIMIT = 100
