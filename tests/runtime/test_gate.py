"""Who is let in, with how much, decided from the head of a request alone."""

from __future__ import annotations

import pytest

from runtime.gate import (
    MOST_DELIVERED_BYTES,
    MOST_HEADER_BYTES,
    MOST_URL_BYTES,
    Gate,
    Held,
    is_loopback,
)
from runtime.settings import Settings

APP, DAPR = "the-app-token", "the-dapr-token"


def status(
    path: str = "/v1/orders", query: str = "", settings: Settings | None = None, **headers: str
) -> int:
    """The status of the refusal; 200 stands for none."""
    given = [(name.replace("_", "-"), value) for name, value in headers.items()]
    refusal = Gate(settings or Settings()).refusal(path, query, given)
    return 200 if refusal is None else refusal.status_code


BOTH = Settings(app_api_token=APP, dapr_api_token=DAPR)


@pytest.mark.parametrize("path", ["/v1/orders", "/metrics", "/deliveries/events/orders", "/clock"])
@pytest.mark.parametrize("given", ["", "the-app-toke", "the-app-token ", DAPR, "\xff", "\udcff"])
def test_a_function_wants_the_token_of_the_application(path: str, given: str) -> None:
    assert status(path, settings=BOTH, dapr_api_token=given) == 401
    assert status(path, settings=BOTH) == 401
    assert status(path, settings=BOTH, Dapr_Api_Token=APP) == 200


def test_daprs_own_api_wants_the_token_of_daprd() -> None:
    path = "/v1.0/publish/events/orders"

    assert status(path, settings=BOTH, dapr_api_token=APP) == 401
    assert status(path, settings=BOTH, dapr_api_token=DAPR) == 200


def test_daprs_own_api_is_not_open_when_only_the_application_has_a_token() -> None:
    settings = Settings(app_api_token=APP)

    assert status("/v1.0/state/statestore/x", settings=settings) == 401
    assert status("/v1.0/state/statestore/x", settings=settings, dapr_api_token=APP) == 200


@pytest.mark.parametrize("path", ["/healthz", "/v1.0/healthz", "/v1.0/healthz/outbound"])
def test_probes_need_no_token(path: str) -> None:
    assert status(path, settings=BOTH) == 200


@pytest.mark.parametrize("path", ["/healthz/", "/healthz/../v1/orders", "/v1.0/healthz/x", ""])
def test_what_only_begins_like_a_probe_needs_one(path: str) -> None:
    assert status(path, settings=BOTH) == 401


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"host": "127.0.0.1:8080"}, 200),
        ({"host": "localhost"}, 200),
        ({"host": "[::1]:8080", "origin": "http://localhost:3000"}, 200),
        ({"host": "shop.localhost:8080"}, 200),
        ({"host": "rebound.example:8080"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "localhost@evil.example"}, 403),
        ({"host": "localhost", "origin": "https://evil.example"}, 403),
        ({"host": "localhost", "origin": "null"}, 403),
        ({"host": "[::"}, 403),
    ],
)
def test_without_a_token_no_web_page_from_elsewhere_is_let_in(
    headers: dict[str, str], expected: int
) -> None:
    assert status(**headers) == expected


def test_whoever_has_the_token_may_come_by_any_name() -> None:
    headers = {"host": "shop.example", "origin": "https://shop.example", "dapr_api_token": APP}

    assert status(settings=BOTH, **headers) == 200


def test_a_server_for_others_is_called_by_names_we_do_not_know() -> None:
    assert status(settings=Settings(host="0.0.0.0"), host="orders.default.svc") == 200


def test_too_long_a_url_and_too_long_headers_are_refused() -> None:
    assert status("/v1/orders", "a" * (MOST_URL_BYTES - len("/v1/orders"))) == 200
    assert status("/v1/orders", "a" * MOST_URL_BYTES) == 414
    assert status(x="a" * (MOST_HEADER_BYTES - 1)) == 200
    assert status(x="a" * MOST_HEADER_BYTES) == 431


def test_too_long_a_body_is_refused_by_its_length_but_no_delivery_is() -> None:
    most = Settings().max_body_bytes

    assert status(content_length=str(most)) == 200
    assert status(content_length=str(most + 1)) == 413
    assert status(content_length="9" * 5000) == 413
    assert status("/deliveries/events/orders", content_length=str(most + 1)) == 200
    assert status("/deliveries/events/x", content_length=str(MOST_DELIVERED_BYTES + 1)) == 413


def test_who_has_no_token_learns_nothing_of_the_limits() -> None:
    assert status("/v1/orders", "a" * MOST_URL_BYTES, settings=BOTH) == 401


def test_bodies_in_memory_are_counted_over_all_requests() -> None:
    held = Held(10)
    with held.holding() as first, held.holding() as second:
        assert [first.take(6), second.take(6), second.take(4)] == [True, False, True]
        assert held.bytes == 10

    assert held.bytes == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "a.localhost"])
def test_knows_the_names_of_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "10.0.0.1", "localhost.evil", "evillocalhost"])
def test_takes_no_other_name_for_it(host: str) -> None:
    assert not is_loopback(host)
