"""Customer.io over HTTP: the only door to requests and urllib3.

One call is one attempt: nothing here retries, sleeps or judges.
"""

from cio_pipeline.customerio.app_api import AppClient, app_url_of_region
from cio_pipeline.customerio.http.transport import Transport
from cio_pipeline.customerio.track_api import (
    TrackClient,
    basic_token,
    track_url_of_region,
)

__all__ = [
    "AppClient",
    "TrackClient",
    "Transport",
    "app_url_of_region",
    "basic_token",
    "track_url_of_region",
]
