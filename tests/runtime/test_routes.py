"""HTTP functions as the server asks them: found without Flask, begun, committed, parked."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from runtime import FakeClock, Headers, Reject, Response, Retry, Table, function, metrics
from runtime.arguments import Resources
from runtime.host import make_app
from runtime.parked import Parked
from runtime.registry import Service
from runtime.reply import Reply
from runtime.requests import Request
from runtime.routes import Route, Routes, routes_of
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.base import ANY, Write
from runtime.sidecars.recording import RecordingSidecar
from runtime.uncommitted import Uncommitted
from tests.runtime.making import Shelf


@function(http="PUT /v1/shelves/{product}", publishes="shelves")
def build(product: str, shelves: Table[Shelf]) -> Response:
    """Make a shelf; one that is there is not made again."""
    if shelves.get(product) is not None:
        raise Reject("There is one.", status=409)
    shelves.put(product, Shelf(0))
    return Response(201, headers={"Location": "/v1/shelves/ö"}, publish={"product": product})


@function(http="GET /v1/shelves/{product}", waits=True)
def await_shelf(product: str, shelves: Table[Shelf]) -> Shelf:
    """Wait for a shelf."""
    if (shelf := shelves.get(product)) is None:
        raise Retry(f"The shelf {product!r} is not there yet.")
    return shelf


@function(http="GET /v1/own/{product}", waits=True)
def await_own(product: str, headers: Headers) -> Response:
    """Wait for what is there for nobody."""
    raise Retry(f"Nobody has {product!r}.")


@function(http="GET /session")
def look_at_token() -> Response:
    """Let everybody in."""
    return Response(200, {})


class Shop:
    """An application over rows in memory."""

    def __init__(self, **settings: Any) -> None:
        self.sidecar = RecordingSidecar()
        functions = (build, await_shelf, await_own, look_at_token)
        service = Service("shop", {f.spec.name: f.spec for f in functions})
        given = Settings(**settings)
        self.running = Running(
            service, self.sidecar, given, clock=FakeClock(), resources=Resources({})
        )
        self.app = make_app([self.running], given)
        self.routes = routes_of(self.app)

    def route(
        self, method: str, path: str = "/v1/shelves/socks", **received: Any
    ) -> tuple[Route, Request]:
        found = self.routes.find(method, path)
        assert found is not None
        route, values = found
        return route, Request(values, **received)

    def equality(self, method: str, path: str = "/v1/shelves/socks", **received: Any) -> Any:
        route, request = self.route(method, path, **received)
        return route.equality(request)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_route_is_found_with_what_its_path_says(shop: Shop) -> None:
    route, request = shop.route("GET", "/v1/shelves/red/socks")

    assert (route.id, request.path) == ("runtime.await_shelf", {"product": "red/socks"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz"),
        ("GET", "/nowhere"),
        ("DELETE", "/v1/shelves/socks"),
        ("HEAD", "/nowhere"),
        ("OPTIONS", "/v1/shelves/socks"),
        ("GET", "/v1//shelves/socks"),
    ],
)
def test_all_else_is_left_to_flask(shop: Shop, method: str, path: str) -> None:
    assert shop.routes.find(method, path) is None


def test_head_asks_what_get_would_say(shop: Shop) -> None:
    assert shop.route("HEAD")[0] is shop.route("GET")[0]


def test_an_application_without_functions_has_no_routes() -> None:
    assert Routes(Flask("empty")).find("GET", "/") is None


def test_a_path_may_stand_for_another_one(shop: Shop) -> None:
    shop.routes.alias = lambda method, path: {"/socks": "/v1/shelves/socks"}.get(path)

    assert shop.route("GET", "/socks")[0].id == "runtime.await_shelf"
    assert shop.routes.find("GET", "/elsewhere") is None


def test_nothing_is_kept_and_nobody_is_told_before_the_commit(shop: Shop) -> None:
    route, request = shop.route("PUT")
    begun = route.begin(request)

    assert isinstance(begun, Uncommitted)
    assert not shop.sidecar.get(["shelves/socks"])
    reply = begun.commit()
    assert isinstance(reply, Reply)
    assert (reply.status, list(shop.sidecar.get(["shelves/socks"]))) == (201, ["shelves/socks"])
    assert [message.topic for message in shop.sidecar.messages] == ["shelves"]


def test_those_that_are_begun_together_share_a_transaction(shop: Shop) -> None:
    begun = [
        route.begin(request)
        for route, request in (shop.route("PUT", f"/v1/shelves/{n}") for n in range(5))
    ]
    before = shop.sidecar.calls.count("transact")
    replies = [each.commit() for each in begun if isinstance(each, Uncommitted)]

    assert [reply.status for reply in replies if isinstance(reply, Reply)] == [201] * 5
    assert shop.sidecar.calls.count("transact") == before + 1


def test_of_two_that_make_the_same_the_second_is_run_again_and_refused(shop: Shop) -> None:
    route, request = shop.route("PUT")
    begun = [route.begin(request), route.begin(request)]
    replies = [each.commit() for each in begun if isinstance(each, Uncommitted)]

    assert [reply.status for reply in replies if isinstance(reply, Reply)] == [201, 409]
    assert len(shop.sidecar.messages) == 1


def test_a_place_to_go_to_is_sent_as_a_header_can_hold_it(shop: Shop) -> None:
    route, request = shop.route("PUT")
    begun = route.begin(request)
    assert isinstance(begun, Uncommitted)
    reply = begun.commit()

    assert isinstance(reply, Reply)
    assert dict(reply.headers)["Location"] == "/v1/shelves/%C3%B6"


def test_a_request_that_waits_is_parked_with_what_it_has_read(shop: Shop) -> None:
    route, request = shop.route("GET")
    parked = route.begin(request)

    assert isinstance(parked, Parked)
    assert dict(parked.keys) == {"shelves/socks": None}
    assert parked.waiters is shop.running.waiters


def test_a_parked_request_is_answered_once_the_row_is_there(shop: Shop) -> None:
    route, request = shop.route("GET")
    parked = route.begin(request)
    assert isinstance(parked, Parked)
    shop.sidecar.transact([Write("shelves/socks", b'{"sold":1}', ANY)])
    reply = route.begin(request)

    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (200, b'{"sold":1}')


def test_a_request_waits_from_its_first_run_as_long_as_it_says(shop: Shop) -> None:
    route, request = shop.route("GET", query={"timeout": "1500"})
    parked = route.begin(request)

    assert isinstance(parked, Parked)
    assert parked.deadline == parked.moment + 1.5


def test_one_that_came_too_late_is_told_why_and_how_long_it_waited(shop: Shop) -> None:
    route, request = shop.route("GET", query={"timeout": "1500"})
    parked = route.begin(request)
    assert isinstance(parked, Parked)
    reply = parked.too_late()

    assert reply.status == 504
    assert b"The shelf 'socks' is not there yet. Waited 1500 ms." in reply.body
    assert dict(reply.headers)["X-Content-Type-Options"] == "nosniff"


def test_requests_are_equal_whose_path_and_query_are(shop: Shop) -> None:
    known = shop.equality("GET", query={"a": "1", "timeout": "5"}, headers={"agent": "x"})

    assert known is not None
    assert known == shop.equality("GET", query={"timeout": "5", "a": "1"})
    assert known != shop.equality("GET", query={"timeout": "6", "a": "1"})
    assert known != shop.equality("GET", "/v1/shelves/hats", query={"a": "1", "timeout": "5"})


def test_none_is_equal_to_one_with_a_body(shop: Shop) -> None:
    assert shop.equality("GET", body=b"{}") is None


def test_none_is_equal_where_headers_say_who_asks(shop: Shop) -> None:
    assert shop.equality("GET", "/v1/own/socks") is None


def test_none_is_equal_where_an_event_is_published(shop: Shop) -> None:
    assert shop.equality("PUT") is None


def test_none_is_equal_where_somebody_must_be_signed_in() -> None:
    guarded = Shop(protected_routes="GET /v1/shelves/{product}")

    assert guarded.equality("GET") is None


@pytest.mark.parametrize(("timeout", "status"), [("0", 504), ("20", 504), ("x", 400)])
def test_what_is_answered_on_a_thread_is_counted_once(
    shop: Shop, timeout: str, status: int
) -> None:
    route, request = shop.route("GET", query={"timeout": timeout})
    before = counted(status)
    reply = route.answer(request)

    assert (reply.status, counted(status)) == (status, before + 1)


def test_what_has_only_been_run_is_not_counted(shop: Shop) -> None:
    shop.sidecar.transact([Write("shelves/socks", b'{"sold":1}', ANY)])
    route, request = shop.route("GET")
    before = counted(200)
    route.begin(request)

    assert counted(200) == before


def counted(status: int) -> float:
    """How many requests for a shelf were answered so."""
    return metrics.request("runtime.await_shelf", status)._value.get()
