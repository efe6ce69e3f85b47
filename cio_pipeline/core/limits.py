"""Customer.io's published limits, one table."""

from __future__ import annotations

# "Under 500 KB", with room for what stands around the items.
BODY_LIMIT_BYTES = 499_000


# "At most 32 KB": an item of more is refused, the others in its body are not.
ITEM_LIMIT_BYTES = 32_000


MOST_IDS = 100  # the API's limit of one look-up


REQUESTS_PER_SECOND = 10.0  # the API's published limit


MOST_MAPPINGS = 300  # attributes a person or call (Customer.io's limit)


NAME_LIMIT_BYTES = 150  # of an attribute's name (Customer.io's limit)


ID_LIMIT_BYTES = 150  # Customer.io's limit


# The published limit: what an unbounded run is led back towards after a 429.
PUBLISHED_RATE = 1000.0


VALUE_LIMIT_BYTES = 1000  # Customer.io's limit
