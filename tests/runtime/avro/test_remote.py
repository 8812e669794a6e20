"""A schema registry over HTTP as its client meets it: credentials, and addresses that are none."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from runtime.avro.registry import open_registry
from runtime.errors import PlatformDown, SluiceError
from tests.local.http_service import Reply, Request, serving

CREDENTIALS = "shop:se:cret-of-this-test"
ANSWER = json.dumps({"schema": '"string"'}).encode()


@pytest.fixture
def server() -> Iterator[str]:
    """A registry that answers only who says the right thing."""
    wanted = "Basic " + base64.b64encode(CREDENTIALS.encode()).decode()

    def answer(request: Request) -> Reply:
        if request.headers.get("authorization") == wanted:
            return 200, ANSWER
        return 401, b'{"error_code": 401, "message": "Unauthorized"}'

    with serving(answer) as url:
        yield url


def test_a_registry_is_told_user_and_secret(server: str) -> None:
    registry = open_registry(server, 5, CREDENTIALS)

    assert registry.schema(1) == ['"string"']
    registry.close()


@pytest.mark.parametrize("credentials", ["", "shop:another-secret"])
def test_without_the_right_ones_it_is_an_outage_that_does_not_tell_them(
    server: str, credentials: str
) -> None:
    registry = open_registry(server, 5, credentials)

    with pytest.raises(PlatformDown, match="Unauthorized") as told:
        registry.schema(1)

    assert "another-secret" not in f"{told.value} {told.value.awaited}"
    registry.close()


@pytest.mark.parametrize(
    ("address", "credentials"),
    [("http://127.0.0.1:1", "secret-alone"), ("http://shop:in-the-address@127.0.0.1:1", "a:b")],
)
def test_credentials_that_cannot_be_used_are_refused_and_not_shown(
    address: str, credentials: str
) -> None:
    with pytest.raises(SluiceError, match="expected user:secret") as told:
        open_registry(address, 5, credentials)

    assert "secret-alone" not in str(told.value)
    assert "in-the-address" not in str(told.value)


@pytest.mark.parametrize(
    "address", ["http://", "http://127.0.0.1:high", "https://:8081", "127.0.0.1:8081", "host:80/v7"]
)
def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(SluiceError, match=r"schema registry is '.*'; expected"):
        open_registry(address, 5)
