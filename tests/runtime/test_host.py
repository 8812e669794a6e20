"""The Flask application: routes, tokens, answers, and requests that wait."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from runtime import FakeClock, Reject, Response, Retry, Table, function
from runtime.arguments import Resources
from runtime.errors import DeclarationError, PlatformDown
from runtime.host import make_app
from runtime.registry import Service
from runtime.service import Running
from runtime.settings import Settings
from runtime.sidecars.base import ANY, Write
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import Shelf
from tests.waiting import wait_until


class NewShelf(msgspec.Struct):
    """What a client sends."""

    product: str
    sold: int = 0


@function(http="POST /v1/shelves", publishes="shelves")
def build(new: NewShelf, shelves: Table[Shelf]) -> Response:
    """Make a shelf."""
    shelves.put(new.product, Shelf(new.sold))
    return Response(201, headers={"Location": f"/v1/shelves/{new.product}"}, publish=new)


@function(http="GET /v1/shelves/{product}", waits=True)
def await_shelf(product: str, shelves: Table[Shelf]) -> Shelf:
    """Wait for a shelf."""
    if (shelf := shelves.get(product)) is None:
        raise Retry(f"The shelf {product!r} is not there yet.")
    return shelf


@function(http="GET /v1/pairs/{left}/{right}", waits=True)
def await_pair(left: str, right: str, shelves: Table[Shelf]) -> list[Shelf]:
    """Wait for one shelf, then for another."""
    found = []
    for product in (left, right):
        if (shelf := shelves.get(product)) is None:
            raise Retry(f"The shelf {product!r} is not there yet.")
        found.append(shelf)
    return found


@function(http="GET /v1/failures/{kind}")
def fail(kind: str) -> Any:
    """Fail in every way."""
    if kind == "bytes":
        return Response(200, b"%PDF", content_type="application/pdf")
    if kind == "odd header":
        return Response(200, headers={"X": "a\nSet-Cookie: b"})
    raise {
        "reject": Reject("Taken.", status=409, field="id"),
        "own status": Reject("Calm down.", status=420),
        "retry": Retry("Not now."),
        "outage": PlatformDown("10.0.0.7:5432 refused the password hunter2"),
        "bug": RuntimeError("secret in a stack trace"),
    }[kind]


class Place:
    """An application and what lies behind it."""

    def __init__(self, *functions: Any, **settings: Any) -> None:
        self.settings = Settings(**settings)
        self.sidecar = RecordingSidecar()
        service = Service("shop", {f.spec.name: f.spec for f in functions})
        self.running = Running(
            service, self.sidecar, self.settings, clock=FakeClock(), resources=Resources({})
        )
        self.client: FlaskClient = make_app([self.running], self.settings).test_client()

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def put(self, product: str) -> None:
        """Write a row as a topic function of this process would."""
        self.put_elsewhere(product)
        self.running.waiters.notify([f"shelves/{product}"])

    def put_elsewhere(self, product: str) -> None:
        self.sidecar.transact([Write(f"shelves/{product}", b'{"sold":1}', ANY)])


@pytest.fixture
def place() -> Place:
    return Place(build, await_shelf, await_pair, fail)


@pytest.fixture
def together() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(20) as pool:
        yield pool


def waiting(place: Place) -> int:
    return sum(len(wakes) for wakes in place.running.waiters._wakes.values())


def test_answers_201_with_an_empty_body_and_a_location(place: Place) -> None:
    answer = place.client.post("/v1/shelves", data=b'{"product":"socks"}')

    assert (answer.status_code, answer.data) == (201, b"")
    assert answer.headers["Location"] == "/v1/shelves/socks"
    assert len(place.sidecar.messages) == 1


def test_answers_json(place: Place) -> None:
    place.put("socks")
    answer = place.get("/v1/shelves/socks")

    assert (answer.status_code, answer.json) == (200, {"sold": 1})
    assert answer.content_type == "application/json"


def test_answers_bytes_as_they_are(place: Place) -> None:
    answer = place.get("/v1/failures/bytes")

    assert (answer.data, answer.content_type) == (b"%PDF", "application/pdf")


@pytest.mark.parametrize(
    ("kind", "status", "detail", "field"),
    [
        ("reject", 409, "Taken.", "id"),
        ("own status", 420, "Calm down.", None),
        ("retry", 503, "Not now.", None),
        (
            "outage",
            503,
            "The platform does not answer at the moment; nothing was lost. Try again.",
            None,
        ),
        ("bug", 500, "The function failed; its log says why.", None),
        ("odd header", 500, "The function failed; its log says why.", None),
    ],
)
def test_errors_are_problems_that_betray_nothing(
    place: Place, kind: str, status: int, detail: str, field: str | None
) -> None:
    answer = place.get(f"/v1/failures/{kind}")

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert (answer.json["status"], answer.json["detail"]) == (status, detail)
    assert answer.json.get("field") == field


@pytest.mark.parametrize("kind", ["retry", "outage"])
def test_a_client_is_told_when_to_come_again(place: Place, kind: str) -> None:
    assert int(place.get(f"/v1/failures/{kind}").headers["Retry-After"]) > 0


def test_an_unknown_path_is_a_problem(place: Place) -> None:
    answer = place.get("/v2/nothing")

    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert answer.json is not None
    assert "no route '/v2/nothing'" in answer.json["detail"]


def test_a_wrong_method_is_told_the_right_one(place: Place) -> None:
    answer = place.client.put("/v1/shelves")

    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)
    assert answer.json is not None
    assert f"expected {answer.headers['Allow']}" in answer.json["detail"]


def test_a_body_over_the_limit_is_413_and_nothing_is_done() -> None:
    place = Place(build, max_body_bytes=100)
    answer = place.client.post("/v1/shelves", data=b'{"product":"%b"}' % (b"x" * 100))

    assert (answer.status_code, answer.content_type) == (413, "application/problem+json")
    assert "at most 100 bytes" in answer.get_json()["detail"]
    assert (place.sidecar.rows, place.sidecar.messages) == ({}, [])


def test_an_answer_quotes_no_more_of_a_body_than_a_reader_wants(place: Place) -> None:
    answer = place.client.post(
        "/v1/shelves", data=b'{"%b":1,"%b":1}' % (b"x" * 9_000, b"x" * 9_000)
    )

    assert answer.status_code == 400
    assert len(answer.get_data()) < 3_000


@pytest.mark.parametrize("body", [b"", b"[", b'{"product":5}', b'{"product":"a","sold":1.0}'])
def test_a_bad_body_is_a_400_problem(place: Place, body: bytes) -> None:
    answer = place.client.post("/v1/shelves", data=body)

    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert place.sidecar.messages == []


@pytest.mark.parametrize(
    ("path", "product"),
    [("a%2Fb", "a/b"), ("gr%C3%BCn%20%25", "grün %"), ("%7C%7C", "||"), ("%FF", "�")],
)
def test_a_name_in_a_path_may_be_any_text(place: Place, path: str, product: str) -> None:
    answer = place.get(f"/v1/shelves/{path}?timeout=0")

    assert answer.json is not None
    assert answer.json["detail"].startswith(f"The shelf {product!r} is not there yet.")


def test_two_functions_on_one_route_are_refused() -> None:
    @function(http="GET /v1/shelves/{name}")
    def also(name: str) -> str:
        return name

    with pytest.raises(DeclarationError, match=r"is served by runtime.await_shelf already"):
        Place(await_shelf, also)


def test_a_function_cannot_take_the_route_of_the_runtime() -> None:
    @function(http="GET /healthz")
    def healthy() -> str:
        return "always"

    with pytest.raises(DeclarationError, match="is served by healthz already"):
        Place(healthy)


# Tokens


@pytest.mark.parametrize("given", [None, "", "wrong", "s3cret ", "ä"])
def test_a_request_without_the_right_token_is_refused(given: str | None) -> None:
    headers = {} if given is None else {"dapr-api-token": given}
    answer = Place(await_shelf, app_api_token="s3cret").get("/v1/shelves/socks", headers=headers)

    assert answer.status_code == 401


def test_a_request_with_the_token_passes() -> None:
    place = Place(await_shelf, app_api_token="s3cret")
    place.put("socks")

    assert place.get("/v1/shelves/socks", headers={"dapr-api-token": "s3cret"}).status_code == 200


def test_health_needs_no_token_but_metrics_do() -> None:
    place = Place(await_shelf, app_api_token="s3cret")

    assert (place.get("/healthz").status_code, place.get("/metrics").status_code) == (200, 401)


def test_says_what_is_awaited_and_stays_healthy(place: Place) -> None:
    before = place.get("/healthz").json
    with pytest.raises(PlatformDown), place.sidecar.outages.trying("the store"):
        raise PlatformDown("no answer")
    during = place.get("/healthz")
    with place.sidecar.outages.trying("the store"):
        pass

    assert (before, place.get("/healthz").json) == ({"status": "ok"}, {"status": "ok"})
    assert during.json is not None
    assert (during.status_code, during.json["status"]) == (200, "waiting")
    assert [(each["what"], each["reason"]) for each in during.json["awaits"]] == [
        ("the store", "no answer")
    ]


def test_what_several_services_share_is_awaited_once(place: Place) -> None:
    other = Running(Service("other", {}), place.sidecar, Settings(), resources=Resources({}))
    app = make_app([place.running, other], Settings())
    with pytest.raises(PlatformDown), place.sidecar.outages.trying("the store"):
        raise PlatformDown("no answer")

    health = app.test_client().get("/healthz").json
    assert health is not None
    assert len(health["awaits"]) == 1


# Waiting


def test_a_row_that_is_there_is_answered_at_once(place: Place) -> None:
    place.put("socks")

    assert place.get("/v1/shelves/socks?timeout=600000").status_code == 200


def test_timeout_zero_asks_once(place: Place) -> None:
    answer = place.get("/v1/shelves/socks?timeout=0")

    assert answer.status_code == 504
    assert answer.json is not None
    assert answer.json["detail"] == "The shelf 'socks' is not there yet. Waited 0 ms."
    assert place.sidecar.calls == ["get"]


def test_after_the_timeout_504_names_the_milliseconds(place: Place) -> None:
    answer = place.get("/v1/shelves/socks?timeout=20")

    assert (answer.status_code, "Waited 20 ms." in answer.text) == (504, True)


@pytest.mark.parametrize("timeout", ["soon", "-1", "1.5", "", "1e3", "600001", "99999999999"])
def test_a_timeout_that_is_no_such_number_is_refused(place: Place, timeout: str) -> None:
    answer = place.get(f"/v1/shelves/socks?timeout={timeout}")

    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["field"] == "timeout"


def test_a_function_that_does_not_wait_has_its_own_timeout() -> None:
    @function(http="GET /v1/echo")
    def echo(timeout: str) -> str:
        return timeout

    assert Place(echo).get("/v1/echo?timeout=soon").json == "soon"


def test_everybody_who_waits_for_a_row_is_answered_when_it_comes(
    place: Place, together: ThreadPoolExecutor
) -> None:
    answers = [together.submit(place.get, "/v1/shelves/socks") for _ in range(10)]
    other = together.submit(place.get, "/v1/shelves/hats")
    wait_until(lambda: waiting(place) == 11)
    place.put("socks")
    statuses = [answer.result(10).status_code for answer in answers]
    still = waiting(place)
    place.put("hats")

    assert (statuses, still, other.result(10).status_code) == ([200] * 10, 1, 200)


def test_a_waiting_request_is_woken_by_a_request_that_writes(
    place: Place, together: ThreadPoolExecutor
) -> None:
    answer = together.submit(place.get, "/v1/shelves/socks")
    wait_until(lambda: waiting(place) == 1)
    place.client.post("/v1/shelves", data=b'{"product":"socks","sold":7}')

    assert answer.result(10).json == {"sold": 7}


def test_a_waiting_request_sees_what_another_process_wrote(
    place: Place, together: ThreadPoolExecutor
) -> None:
    answer = together.submit(place.get, "/v1/shelves/socks")
    wait_until(lambda: waiting(place) == 1)
    place.put_elsewhere("socks")
    place.running.waiters.poll(place.sidecar.get)

    assert answer.result(10).status_code == 200


def test_a_request_may_wait_for_one_row_after_the_other(
    place: Place, together: ThreadPoolExecutor
) -> None:
    answer = together.submit(place.get, "/v1/pairs/left/right")
    wait_until(lambda: waiting(place) == 1)
    place.put("left")
    wait_until(lambda: waiting(place) == 2)
    place.put("right")

    assert answer.result(10).json == [{"sold": 1}, {"sold": 1}]


def test_an_outage_ends_the_wait(place: Place, together: ThreadPoolExecutor) -> None:
    answer = together.submit(place.get, "/v1/shelves/socks")
    wait_until(lambda: waiting(place) == 1)
    wait_until(lambda: place.sidecar.calls == ["get", "get"])
    place.sidecar.fail_next("get", PlatformDown("gone"))
    place.running.waiters.notify(["shelves/socks"])

    assert (answer.result(10).status_code, waiting(place)) == (503, 0)


def test_too_many_waiters_are_refused_and_told_to_come_again(
    together: ThreadPoolExecutor,
) -> None:
    place = Place(await_shelf, max_waiting_requests=1)
    first = together.submit(place.get, "/v1/shelves/socks")
    wait_until(lambda: waiting(place) == 1)
    second = place.get("/v1/shelves/socks")
    place.put("socks")

    assert (second.status_code, second.headers["Retry-After"]) == (503, "1")
    assert first.result(10).status_code == 200


def test_reasons_of_an_outage_are_for_those_who_have_the_token() -> None:
    place = Place(await_shelf, app_api_token="s3cret")
    with pytest.raises(PlatformDown), place.sidecar.outages.trying("the store"):
        raise PlatformDown("10.0.0.7:5432 does not answer")
    outside = place.get("/healthz").json
    inside = place.get("/healthz", headers={"dapr-api-token": "s3cret"}).json

    assert [each["what"] for each in outside["awaits"]] == ["the store"]
    assert "10.0.0.7" not in str(outside)
    assert "10.0.0.7" in str(inside)


@function(http="GET /v1/pages/{kind}")
def page(kind: str) -> Response:
    """Answer with a page."""
    headers = {"Cache-Control": "max-age=60"} if kind == "own" else {}
    return Response(200, b"<p>hello", content_type="text/html; charset=utf-8", headers=headers)


def test_no_answer_is_guessed_at_or_kept() -> None:
    place = Place(page, await_shelf)

    for path in ("/v1/pages/a", "/healthz", "/metrics", "/nowhere", "/v1/shelves/socks?timeout=0"):
        headers = place.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
    assert place.get("/v1/pages/own").headers["Cache-Control"] == "max-age=60"


def test_a_page_runs_and_loads_nothing() -> None:
    policy = Place(page).get("/v1/pages/a").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
