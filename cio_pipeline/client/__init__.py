"""Customer.io over HTTP: the only door to requests and urllib3.

One call is one attempt: nothing here retries, sleeps or judges.
"""

from cio_pipeline.client.app import (
    MOST_IDS,
    REQUESTS_PER_SECOND,
    AppClient,
    app_url_of_region,
)
from cio_pipeline.client.track import TrackClient, basic_token, track_url_of_region
from cio_pipeline.client.transport import Transport

__all__ = [
    "MOST_IDS",
    "REQUESTS_PER_SECOND",
    "AppClient",
    "TrackClient",
    "Transport",
    "app_url_of_region",
    "basic_token",
    "track_url_of_region",
]
