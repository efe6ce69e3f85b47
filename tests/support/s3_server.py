"""An S3 server on 127.0.0.1, made by another project."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import requests
from moto.server import ThreadedMotoServer

SECRET = "a-secret-that-no-message-may-contain"
BUCKET = "people"


@dataclass(frozen=True)
class S3Server:
    """A server with one bucket.

    Args:
        url: where it listens.
        client: writes objects.
    """

    url: str
    client: Any

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which the program finds it."""
        return {
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def put(self, key: str, content: bytes) -> None:
        """Write an object."""
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content)


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Start a server with an empty bucket; only one at a time, as they share data."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id="writer",
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=BUCKET)
    try:
        yield S3Server(url, client)
    finally:
        client.close()
        requests.post(f"{url}/moto-api/reset", timeout=20)
        server.stop()
