"""One request of an HTTP function: what it is given, what it answers, what it leaves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec
import pytest

from runtime import Clock, FakeClock, Headers, Outgoing, Reject, Response, Retry, Table, function
from runtime.arguments import Resources
from runtime.errors import DecodeError, PlatformDown
from runtime.outbox import Outbox
from runtime.requests import Caller, NotYet, Request, camel
from runtime.reruns import Reruns
from runtime.sidecars.base import ANY, Stored, Write
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import NOON, Meddled, Shelf


class Size(StrEnum):
    """How big."""

    SMALL = "small"
    LARGE = "large"


class NewShelf(msgspec.Struct, rename="camel"):
    """What a client sends."""

    product: str
    on_hand: int
    tags: list[str] = []


@dataclass
class Seen:
    """What a function was given."""

    values: dict[str, Any]


@function(http="GET /v1/shelves/{product}/sizes/{size}")
def look(
    product: str,
    size: Size,
    customer_id: int | None = None,
    limit: int = 50,
    most: Decimal = Decimal("9.99"),
    sold: bool = False,
) -> dict[str, Any]:
    """Answer with what was given."""
    return {
        "product": product,
        "size": size,
        "customer_id": customer_id,
        "limit": limit,
        "most": most,
        "sold": sold,
    }


@function(http="GET /v1/search")
def search(customer_id: str) -> str:
    """Need a query parameter."""
    return customer_id


@function(http="POST /v1/shelves", publishes="shelves")
def build(new: NewShelf, shelves: Table[Shelf], clock: Clock) -> Response:
    """Make a shelf, and tell of it."""
    if new.on_hand < 0:
        raise Reject("`onHand` is below zero", field="onHand")
    first = new.tags.pop(0) if new.tags else None
    with shelves.edit(new.product, Shelf) as shelf:
        shelf.sold += new.on_hand
    if new.on_hand == 13:
        raise RuntimeError("unlucky")
    return Response(201, publish=Outgoing({"product": new.product, "first": first}, key="k"))


@function(http="DELETE /v1/shelves/{product}")
def remove(product: str, shelves: Table[Shelf]) -> None:
    """Forget a shelf."""
    shelves.delete(product)


@function(http="GET /v1/shelves/{product}", waits=True)
def await_shelf(product: str, shelves: Table[Shelf]) -> Shelf:
    """Wait for a shelf."""
    if (shelf := shelves.get(product)) is None:
        raise Retry(f"The shelf {product!r} is not there yet.")
    return shelf


@function(http="GET /v1/me")
def who_asks(headers: Headers) -> dict[str, str | None]:
    """Answer who is asking."""
    return {"token": headers.bearer, "agent": headers.get("user-agent")}


class Till:
    """Callers of functions on a platform in memory."""

    def __init__(self, sidecar: RecordingSidecar | None = None) -> None:
        self.clock = FakeClock(NOON)
        self.sidecar = sidecar or RecordingSidecar(self.clock)
        self.outbox = Outbox(self.sidecar, self.clock, "till")

    def call(self, function: Any, **request: Any) -> Response:
        caller = Caller(
            function.spec,
            self.sidecar,
            self.outbox,
            clock=self.clock,
            resources=Resources({}),
            reruns=Reruns(),
        )
        return caller.call(Request(**request))

    @property
    def events(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(message.value) for message in self.sidecar.messages]


class Overtaken(RecordingSidecar):
    """A platform on which somebody else acts just after a row was read."""

    overtakers: list[Callable[[], None]] = []

    def get(self, keys: Sequence[str]) -> dict[str, Stored]:
        found = super().get(keys)
        if self.overtakers:
            self.overtakers.pop(0)()
        return found


@pytest.fixture
def till() -> Till:
    return Till()


PATH = {"product": "socks", "size": "small"}


def test_a_function_may_ask_who_is_asking(till: Till) -> None:
    headers = {"authorization": "Bearer abc", "user-agent": "test"}

    assert till.call(who_asks, headers=headers).body == {"token": "abc", "agent": "test"}
    assert till.call(who_asks).body == {"token": None, "agent": None}


BODY = b'{"product":"socks","onHand":3}'


def test_path_and_query_are_converted(till: Till) -> None:
    query = {"customerId": "7", "limit": "5", "most": "1.50", "sold": "true"}
    answer = till.call(look, path=PATH, query=query)

    assert answer.body == {
        "product": "socks",
        "size": Size.SMALL,
        "customer_id": 7,
        "limit": 5,
        "most": Decimal("1.50"),
        "sold": True,
    }


def test_what_the_query_leaves_out_has_its_default(till: Till) -> None:
    body = till.call(look, path=PATH).body

    assert (body["customer_id"], body["limit"], body["sold"]) == (None, 50, False)


def test_a_path_that_looks_like_a_number_stays_text(till: Till) -> None:
    assert till.call(look, path={**PATH, "product": "007"}).body["product"] == "007"


def test_what_the_function_does_not_know_is_passed_over(till: Till) -> None:
    assert till.call(look, path=PATH, query={"colour": "red"}).status == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "many"}, "limit"),
        ({"limit": "1.5"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"customerId": "x"}, "customerId"),
        ({"most": "NaN"}, "most"),
        ({"most": "cheap"}, "most"),
        ({"sold": "perhaps"}, "sold"),
    ],
)
def test_a_wrong_query_is_refused_naming_it(till: Till, query: dict[str, str], field: str) -> None:
    with pytest.raises(DecodeError) as caught:
        till.call(look, path=PATH, query=query)

    assert caught.value.field == field
    assert f"{field} is {query[field]!r}" in str(caught.value)


def test_a_wrong_path_is_refused_naming_it(till: Till) -> None:
    with pytest.raises(DecodeError) as caught:
        till.call(look, path={**PATH, "size": "huge"})

    assert caught.value.field == "size"


def test_a_missing_query_parameter_is_named_as_the_client_knows_it(till: Till) -> None:
    with pytest.raises(DecodeError, match="'customerId' is missing") as caught:
        till.call(search)

    assert caught.value.field == "customerId"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", None),
        (b"not json", None),
        (b"[]", None),
        (b"\xff", None),
        (b"{}", "product"),
        (b'{"product":"socks","onHand":"3"}', "onHand"),
        (b'{"product":"socks","onHand":1.0}', "onHand"),
        (b'{"product":"socks","onHand":3,"onHand":4}', "onHand"),
        (b'{"product":"socks","onHand":3,"x":1e999}', "x"),
        (b'{"product":"socks","onHand":3,"tags":[5]}', "tags[0]"),
        (b'{"product":"socks","onHand":-1}', "onHand"),
    ],
)
def test_a_wrong_body_is_refused_and_nothing_is_done(
    till: Till, body: bytes, field: str | None
) -> None:
    with pytest.raises((DecodeError, Reject)) as caught:
        till.call(build, body=body)

    assert caught.value.field == field
    assert (till.sidecar.rows, till.events) == ({}, [])


def test_writes_rows_and_publishes_before_it_answers(till: Till) -> None:
    answer = till.call(build, body=BODY)

    assert (answer.status, till.sidecar.rows["shelves/socks"]) == (201, b'{"sold":3}')
    assert (till.sidecar.messages[0].key, till.events[0]["source"]) == ("k", "/runtime/build")


def test_the_time_of_an_event_is_the_clocks(till: Till) -> None:
    till.call(build, body=BODY)

    assert till.events[0]["time"] == "2026-01-01T12:00:00Z"


def test_the_time_of_an_event_is_that_of_a_request_that_is_a_cloud_event(till: Till) -> None:
    till.call(build, body=BODY, headers={"ce-time": "2010-12-01T08:26:00+00:00"})

    assert till.events[0]["time"] == "2010-12-01T08:26:00Z"


@pytest.mark.parametrize("time", ["2010-12-01", "2010-12-01T08:26:00", "1291191960", ""])
def test_a_wrong_time_is_refused_naming_the_header(till: Till, time: str) -> None:
    with pytest.raises(DecodeError) as caught:
        till.call(build, body=BODY, headers={"ce-time": time})

    assert (caught.value.field, till.sidecar.rows) == ("ce-time", {})


def test_a_cloud_event_sent_twice_is_done_once_and_answered_alike(till: Till) -> None:
    first, second, third = (
        till.call(build, body=BODY, headers={"ce-id": id, "ce-source": "/client"})
        for id in ("a", "a", "b")
    )

    assert (first.status, second.status, third.status) == (201, 201, 201)
    assert len({event["id"] for event in till.events}) == len(till.events) == 2
    assert till.sidecar.rows["shelves/socks"] == b'{"sold":6}'


def test_an_answer_to_a_cloud_event_comes_again_whole(till: Till) -> None:
    numbers = iter(range(2))

    @function(http="POST /v1/tickets", publishes="tickets")
    def take_a_ticket() -> Response:
        """Answer otherwise each time."""
        number = next(numbers)
        return Response(201, {"number": number}, {"Location": f"/{number}"}, publish=[number])

    first, again = (till.call(take_a_ticket, headers={"ce-id": "1"}) for _ in range(2))

    assert (again.status, again.headers) == (201, first.headers)
    assert msgspec.json.decode(again.body) == first.body


def test_nobody_is_given_the_answer_to_somebody_else(till: Till) -> None:
    @function(http="POST /v1/me", publishes="askers")
    def ask(headers: Headers) -> Response:
        """Answer who is asking."""
        return Response(200, {"token": headers.bearer}, publish=[1])

    tokens = [
        till.call(ask, headers={"ce-id": "1", "authorization": f"Bearer {name}"}).body["token"]
        for name in ("ida", "max")
    ]

    assert tokens == ["ida", "max"]


def test_an_answer_that_was_not_given_because_of_an_outage_is_given_when_asked_again() -> None:
    till = Till(RecordingSidecar(FakeClock(NOON), publishes_in_transaction=False))
    till.sidecar.fail_next("publish", PlatformDown("gone"))
    with pytest.raises(PlatformDown):
        till.call(build, body=BODY, headers={"ce-id": "1"})
    till.call(build, body=BODY, headers={"ce-id": "1"})

    assert (till.sidecar.rows["shelves/socks"], len(till.events)) == (b'{"sold":3}', 1)


def test_of_a_request_that_publishes_nothing_no_answer_is_kept(till: Till) -> None:
    till.call(remove, path={"product": "socks"}, headers={"ce-id": "1"})

    assert till.sidecar.rows == {}


def test_an_id_that_a_client_gives_to_everything_does_not_make_one_event_of_two(till: Till) -> None:
    for product in ("socks", "shoes"):
        body = b'{"product":"%b","onHand":3}' % product.encode()
        till.call(build, body=body, headers={"ce-id": "1"})

    assert till.events[0]["id"] != till.events[1]["id"]


def test_requests_that_name_no_id_are_different_ones(till: Till) -> None:
    till.call(build, body=BODY)
    till.call(build, body=BODY)

    assert till.events[0]["id"] != till.events[1]["id"]


def test_a_function_that_fails_leaves_nothing(till: Till) -> None:
    with pytest.raises(RuntimeError, match="unlucky"):
        till.call(build, body=b'{"product":"socks","onHand":13}')

    assert (till.sidecar.rows, till.events) == ({}, [])


def test_a_body_that_cannot_be_written_leaves_nothing(till: Till) -> None:
    @function(http="POST /v1/odd")
    def odd(shelves: Table[Shelf]) -> Any:
        shelves.put("socks", Shelf(1))
        return object()

    with pytest.raises(TypeError):
        till.call(odd)

    assert till.sidecar.rows == {}


def test_returning_nothing_is_204(till: Till) -> None:
    assert till.call(remove, path={"product": "socks"}).status == 204


def test_a_request_that_reads_only_costs_no_transaction(till: Till) -> None:
    till.call(remove, path={"product": "socks"})

    assert till.sidecar.calls == ["get"]


def test_a_stale_row_is_read_again_with_the_body_as_it_was_sent() -> None:
    till = Till(Meddled(FakeClock(NOON)))
    other = Write("shelves/socks", b'{"sold":40}', ANY)
    till.sidecar.meddlers = [  # type: ignore[attr-defined]
        lambda: RecordingSidecar.transact(till.sidecar, [other])
    ]
    till.call(build, body=b'{"product":"socks","onHand":2,"tags":["a","b"]}')

    assert till.sidecar.rows["shelves/socks"] == b'{"sold":42}'
    assert [event["data"]["first"] for event in till.events] == ["a"]


def test_a_row_that_never_stands_still_is_an_outage() -> None:
    till = Till(Meddled(FakeClock(NOON)))
    till.sidecar.meddlers = [  # type: ignore[attr-defined]
        lambda number=number: RecordingSidecar.transact(
            till.sidecar, [Write("shelves/socks", b'{"sold":%d}' % number, ANY)]
        )
        for number in range(30)
    ]

    with pytest.raises(PlatformDown, match="changed under it 20 times"):
        till.call(build, body=BODY)


def test_a_new_request_lets_one_that_lost_a_race_go_first() -> None:
    till = Till(Overtaken(FakeClock(NOON)))
    caller = Caller(
        build.spec,
        till.sidecar,
        till.outbox,
        clock=till.clock,
        resources=Resources({}),
        reruns=Reruns(),
    )
    newcomer = threading.Thread(target=caller.call, args=[Request(body=BODY)])

    def overtake() -> None:
        newcomer.start()
        newcomer.join(0.1)  # where nothing holds it back, it is done by then

    other = Write("shelves/socks", b'{"sold":40}', ANY)
    till.sidecar.overtakers = [lambda: till.sidecar.transact([other]), overtake]  # type: ignore[attr-defined]
    caller.call(Request(body=BODY))
    newcomer.join()

    assert till.sidecar.rows["shelves/socks"] == b'{"sold":46}'
    assert till.sidecar.calls.count("transact") == 4  # the other, and one attempt lost


def test_what_is_not_there_yet_names_the_rows_to_wait_for(till: Till) -> None:
    with pytest.raises(NotYet, match="'socks' is not there yet") as caught:
        till.call(await_shelf, path={"product": "socks"})

    assert caught.value.keys == {"shelves/socks": None}


def test_reads_what_was_written_just_before(till: Till) -> None:
    till.call(build, body=BODY)

    assert till.call(await_shelf, path={"product": "socks"}).body == Shelf(3)


@pytest.mark.parametrize(
    ("name", "wire"), [("limit", "limit"), ("customer_id", "customerId"), ("a_b_c", "aBC")]
)
def test_names_are_camel_case_on_the_wire(name: str, wire: str) -> None:
    assert camel(name) == wire


@function(http="PUT /v1/shelves", publishes="shelves")
def build_once(new: NewShelf, shelves: Table[Shelf]) -> Response:
    """Make a shelf unless it is there; the same request twice has the effect of one."""
    if new.product in shelves:
        return Response(201)
    shelves.put(new.product, Shelf())
    return Response(201, publish=Outgoing({"product": new.product}, key=new.product))


def test_a_repeated_request_is_answered_after_the_event_of_the_first_is_out():
    sidecar = RecordingSidecar(publishes_in_transaction=False)
    outbox = Outbox(sidecar, FakeClock(), "lane")
    caller = Caller(
        build_once.spec,
        sidecar,
        outbox,
        clock=FakeClock(),
        resources=Resources({}),
        reruns=Reruns(),
    )
    request = Request(body=b'{"product":"socks","onHand":1}')
    sidecar.fail_next("publish", PlatformDown("gone"))
    with pytest.raises(PlatformDown):
        caller.call(request)

    answer = caller.call(request)

    assert answer.status == 201
    assert [message.key for message in sidecar.messages] == ["socks"]
