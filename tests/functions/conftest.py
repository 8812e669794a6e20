"""S3 and SES as moto serves them, in this process."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto_url: str) -> Aws:
    return Aws(moto_url)


class Aws:
    """A stand-in for AWS, and what a test asks it."""

    def __init__(self, url: str) -> None:
        self.environ = {"AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": "eu-west-1"}
        options = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        session = boto3.session.Session(region_name="eu-west-1", **options)
        self.s3 = session.client("s3", endpoint_url=url)
        self.ses = session.client("ses", endpoint_url=url)

    def sent_mails(self) -> int:
        return int(self.ses.get_send_quota()["SentLast24Hours"])
