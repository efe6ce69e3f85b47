"""Customer.io over HTTP: the only package that uses requests and urllib3."""

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
