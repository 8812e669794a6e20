"""From what a function returned to what is published."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from runtime import Outgoing, function
from runtime.errors import Reject, SluiceError
from runtime.outputs import MOST_BYTES, derived_id, messages_of
from runtime.record import Message
from runtime.spec import FunctionSpec
from tests.runtime.making import NOON


class Sold(msgspec.Struct, rename="camel"):
    """An event with a key of its own."""

    product_code: str
    price: Decimal = Decimal("0.10")

    @property
    def key(self) -> str:
        return self.product_code


@function(subscribes="sales", publishes="sold")
def one(sale: dict[str, Any]) -> Any:
    """Publish to one topic."""


@function(subscribes="sales", publishes=("sold", "told"))
def two(sale: dict[str, Any]) -> Any:
    """Publish to two topics."""


@function(subscribes="sales")
def none(sale: dict[str, Any]) -> None:
    """Publish nothing."""


def publish(returned: Any, spec: FunctionSpec = one.spec, identity: str = "/s\n1") -> list[Message]:
    return messages_of(spec, returned, identity=identity, time=NOON, key="cause")


def envelope(returned: Any) -> dict[str, Any]:
    (message,) = publish(returned)
    return msgspec.json.decode(message.value)  # type: ignore[no-any-return]


def test_nothing_is_nothing() -> None:
    assert publish(None) == publish([]) == publish(iter(())) == []


def test_an_event_is_a_structured_cloud_event() -> None:
    (message,) = publish(Sold("AB"))
    event = msgspec.json.decode(message.value)

    assert (message.topic, message.key) == ("sold", "AB")
    assert message.headers == {"content-type": "application/cloudevents+json"}
    assert (event["specversion"], event["source"], event["type"]) == ("1.0", "/runtime/one", "Sold")
    assert (event["time"], event["datacontenttype"]) == ("2026-01-01T12:00:00Z", "application/json")


def test_data_is_written_with_its_names_and_exact_decimals() -> None:
    (message,) = publish(Sold("AB", Decimal("1.10")))

    assert b'"data":{"productCode":"AB","price":1.10}' in message.value


def test_the_key_is_outgoings_then_the_datas_then_the_causes() -> None:
    returned = [Outgoing(Sold("AB"), key="own"), Sold("AB"), {"a": 1}]

    assert [message.key for message in publish(returned)] == ["own", "AB", "cause"]


def test_time_and_id_may_be_given() -> None:
    event = envelope(Outgoing({}, id="mine", time=NOON - timedelta(days=1)))

    assert (event["id"], event["time"]) == ("mine", "2025-12-31T12:00:00Z")


def test_a_dict_or_a_text_is_one_event() -> None:
    assert [len(publish(data)) for data in ({"a": 1, "b": 2}, "text")] == [1, 1]


@pytest.mark.parametrize("several", [list, tuple, iter])
def test_several_are_several_events(several: Any) -> None:
    assert [message.key for message in publish(several([Sold("A"), Sold("B")]))] == ["A", "B"]


def test_the_same_cause_gives_the_same_ids_and_another_one_others() -> None:
    first, again = publish([{}, {}]), publish([{}, {}])
    other = publish([{}, {}], identity="/s\n2")
    elsewhere = publish([Outgoing({}, topic="sold")] * 2, spec=two.spec)

    assert first == again
    assert len({m.value for m in (*first, *other, *elsewhere)}) == 6


@pytest.mark.parametrize(
    ("spec", "returned", "problem"),
    [
        (none.spec, {}, "returned a dict; expected nothing to be published"),
        (two.spec, {}, "returned a dict; expected 'sold' or 'told'"),
        (one.spec, Outgoing({}, topic="x"), "returned an event for 'x'; expected 'sold'"),
        (one.spec, Outgoing({}, key=5), "whose key is 5; expected text"),  # type: ignore[arg-type]
        (one.spec, Outgoing({}, id=5), "whose id is 5; expected text"),  # type: ignore[arg-type]
        (one.spec, Outgoing({}, time=NOON.replace(tzinfo=None)), "a datetime with its zone"),
        (one.spec, Outgoing({}, time="2026-01-01T12:00:00Z"), "a datetime with its zone"),
    ],
)
def test_what_cannot_be_published_is_refused(
    spec: FunctionSpec, returned: Any, problem: str
) -> None:
    with pytest.raises(SluiceError, match=problem) as caught:
        publish(returned, spec)

    assert f"The function {spec.id} returned" in str(caught.value)


def test_a_plain_event_is_no_envelope_and_has_the_same_attributes() -> None:
    [message] = publish([Outgoing({"product": "socks"}, plain=True)])

    assert msgspec.json.decode(message.value) == {"product": "socks"}
    assert message.headers["ce_id"] == msgspec.json.decode(publish([{}])[0].value)["id"]


def test_an_event_too_large_for_the_broker_is_rejected() -> None:
    with pytest.raises(Reject, match=f"expected at most {MOST_BYTES}") as caught:
        publish("x" * MOST_BYTES)

    assert caught.value.status == 413


@pytest.mark.parametrize("plain", [False, True])
def test_an_event_with_a_key_too_large_for_the_broker_is_rejected(plain: bool) -> None:
    with pytest.raises(Reject, match="key and headers included"):
        publish(Outgoing({"product": "socks"}, key="é" * MOST_BYTES, plain=plain))


def test_an_event_as_large_as_the_broker_takes_with_its_headers_is_published() -> None:
    [message] = publish("x" * (MOST_BYTES - 1000))

    assert MOST_BYTES - 1000 < message.size <= MOST_BYTES


def test_a_derived_id_is_short_and_depends_on_every_part() -> None:
    ids = {derived_id(*parts) for parts in (("a", "b"), ("a", "c"), ("b", "a"), ("a",))}

    assert {len(id) for id in ids} == {32}
    assert len(ids) == 4
