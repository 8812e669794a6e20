"""Routes for which somebody must be signed in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from flask.testing import FlaskClient

from runtime import Headers, Response, Retry, function
from runtime.access import protected_routes, refuse_unknown
from runtime.errors import SluiceError
from runtime.host import make_app
from runtime.registry import Registry, Service
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.recording import RecordingSidecar

PLEASE = {"message": "Please log in"}


@function(http="GET /session")
def look_at_token(headers: Headers) -> Response:
    """Answer whether the token counts."""
    return Response(200, {}) if headers.bearer == "right" else Response(401, PLEASE)


@function(http="POST /v1/sales", publishes="sales")
def sell() -> Response:
    """Sell something."""
    return Response(201, publish={"pieces": 1})


@function(http="GET /v1/sales/{id}")
def look_up(id: str) -> dict[str, str]:
    """Say what was sold."""
    return {"id": id}


@function(http="GET /v1/later", waits=True)
def wait_for_it() -> None:
    """Never be there."""
    raise Retry("Not yet.")


class Shop:
    def __init__(self, *functions: Any, **settings: Any) -> None:
        self.sidecar = RecordingSidecar()
        service = Service("shop", {each.spec.name: each.spec for each in functions})
        given = Settings(**settings)
        self.app = make_app([Running(service, self.sidecar, given)], given)

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def shop() -> Shop:
    routes = "POST  /v1/sales, GET /v1/sales/{id},GET /v1/later"
    return Shop(look_at_token, sell, look_up, wait_for_it, protected_routes=routes)


@pytest.mark.parametrize("headers", [{}, bearer("wrong"), {"Authorization": "right"}])
def test_a_protected_route_wants_a_token_and_does_nothing_without(shop, headers):
    answer = shop.client.post("/v1/sales", headers=headers)

    assert (answer.status_code, answer.json) == (401, PLEASE)
    assert shop.sidecar.messages == []
    assert shop.client.get("/v1/sales/7", headers=headers).status_code == 401
    assert shop.client.head("/v1/sales/7", headers=headers).status_code == 401


def test_with_a_token_that_counts_it_is_as_ever(shop):
    answer = shop.client.post("/v1/sales", headers=bearer("right"))

    assert answer.status_code == 201
    assert len(shop.sidecar.messages) == 1


def test_a_request_is_asked_before_it_waits(shop):
    answer = shop.client.get("/v1/later?timeout=60000")

    assert (answer.status_code, answer.json) == (401, PLEASE)


def test_the_other_routes_stand_open(shop):
    open_shop = Shop(look_at_token, sell, look_up, protected_routes="GET /v1/sales/{id}")

    assert open_shop.client.post("/v1/sales").status_code == 201
    assert Shop(sell).client.post("/v1/sales").status_code == 201


@contextmanager
def office(status: int = 0) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Another service that knows who is signed in, or answers everything alike."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append({name.lower(): value for name, value in self.headers.items()})
            right = self.headers.get("authorization") == "Bearer right"
            self.send_response(status or (200 if right else 401))
            self.end_headers()
            self.wfile.write(b"{}" if right else b'{"message": "Please log in"}')

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def elsewhere(url: str, **settings: Any) -> Shop:
    return Shop(sell, look_up, protected_routes="POST /v1/sales", session_url=url, **settings)


def test_another_service_is_asked_where_none_here_knows():
    with office() as (url, asked):
        shop = elsewhere(f"{url}/session")

        assert shop.client.post("/v1/sales", headers=bearer("right")).status_code == 201
        refused = shop.client.post("/v1/sales", headers=bearer("wrong"))
        assert (refused.status_code, refused.json) == (401, PLEASE)
        assert shop.client.post("/v1/sales").status_code == 401
        assert len(shop.sidecar.messages) == 1
        assert shop.client.get("/v1/sales/1").status_code == 200

    assert [each.get("authorization") for each in asked] == ["Bearer right", "Bearer wrong", None]


@pytest.mark.parametrize(
    ("path", "token"),
    [("/session", "of the app"), ("/v1.0/invoke/security/method/session", "of daprd")],
)
def test_who_is_asked_gets_the_token_that_it_wants(path, token):
    with office() as (url, asked):
        shop = elsewhere(f"{url}{path}", app_api_token="of the app", dapr_api_token="of daprd")
        shop.client.post("/v1/sales", headers=bearer("right") | {"dapr-api-token": "of the app"})

    assert [each["dapr-api-token"] for each in asked] == [token]


@pytest.mark.parametrize("status", [500, 302, 404])
def test_while_nobody_says_who_is_signed_in_nobody_is_let_in(status):
    with office(status) as (url, _):
        shop = elsewhere(f"{url}/session")
        answer = shop.client.post("/v1/sales", headers=bearer("right"))
    gone = shop.client.post("/v1/sales", headers=bearer("right"))

    for each in (answer, gone):
        assert each.status_code == 503
        assert each.headers["Retry-After"]
    assert shop.sidecar.messages == []


def test_a_protected_service_that_could_ask_nobody_does_not_start():
    with pytest.raises(SluiceError, match="needs SLUICE_SESSION_URL"):
        Shop(sell, protected_routes="POST /v1/sales")


def test_a_service_none_of_whose_routes_is_protected_needs_nobody():
    assert Shop(look_up, protected_routes="POST /v1/sales").client.get("/v1/sales/1").json


def test_a_route_that_no_function_serves_is_refused():
    registry = Registry({"shop": Service("shop", {"sell": sell.spec})})

    refuse_unknown(Settings(protected_routes="POST /v1/sales"), registry)
    with pytest.raises(SluiceError, match="'POST /v1/sale', which no function serves"):
        refuse_unknown(Settings(protected_routes="POST /v1/sales, POST /v1/sale"), registry)


def test_no_route_is_protected_unless_one_is_named():
    assert (
        protected_routes(Settings())
        == protected_routes(Settings(protected_routes=" , "))
        == frozenset()
    )


@pytest.mark.parametrize("url", ["127.0.0.1:3004/session", "ftp://x/session", "http://", "x"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(SluiceError, match="SLUICE_SESSION_URL"):
        Settings.read({"SLUICE_SESSION_URL": url})
