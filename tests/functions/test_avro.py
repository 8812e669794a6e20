"""Every topic that a function publishes to may be Avro: each of them says what its events are."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import fields

from functions.domain import captured, clientele
from functions.domain.customer import Action, Customer, CustomerRow
from functions.domain.customer_event import CustomerEvent
from functions.domain.enriched import OrderEnriched
from functions.domain.invite import Invite, InviteChange
from functions.domain.invoice import Invoice
from functions.domain.line import Line
from functions.domain.order import Order
from functions.domain.user import Activity, User, UserChange
from runtime import wire
from runtime.avro.codec import Codec
from runtime.avro.schemas import schema_of
from runtime.avro.topics import published_types
from runtime.registry import load
from tests.functions.making import NOON, order_of
from tests.functions.making import order as an_order
from tests.runtime.avro.making import Registry

FUNCTIONS = load("functions").functions()
TOPICS = sorted({topic for spec in FUNCTIONS for topic in spec.publishes})
ADA = User(id="u-1", email="ada@example.com", name="Ada")


def again(published_as: Any, event: Any, wanted: Any) -> Any:
    """What a reader of type `wanted` finds after the event was written by the topic's schema."""
    codec = Codec(Registry())
    id = codec.register("any-value", schema_of(published_as))
    return wire.decode(codec.read(codec.write(id, event)), wanted)


def test_every_topic_says_what_its_events_are() -> None:
    types = published_types(FUNCTIONS, TOPICS)

    assert sorted(types) == TOPICS
    assert {"customers", "invites", "invoices", "mails", "organizations", "users"} <= set(TOPICS)
    assert all(json.loads(schema_of(said))["type"] == "record" for said in types.values())


@pytest.mark.parametrize("published", [clientele.CustomerChange, captured.CustomerChange])
def test_a_customer_s_event_says_nothing_that_its_topic_s_type_does_not(
    published: type[msgspec.Struct],
) -> None:
    names = {field.encode_name for field in fields(published)}

    assert names <= {field.encode_name for field in fields(CustomerEvent)}


def test_a_customer_is_the_same_to_readers_whoever_told_of_them() -> None:
    row = clientele.CustomerRecord(id="7", name="Ada", last_name="Byron", email="ada@example.com")
    partial = captured.CustomerChange(id="7", first_name="Ada", action=Action.EDITED)

    told = again(CustomerEvent, row.changed(Action.CREATED), Customer)
    known = again(CustomerEvent, partial, Customer)

    assert (told.id, told.first_name, told.last_name) == ("7", "Ada", "Byron")
    assert (told.action, told.level) == (Action.CREATED, "bronze")
    assert known == Customer(id="7", first_name="Ada", action=Action.EDITED)


@pytest.mark.parametrize(
    "event",
    [
        Invoice.for_order(an_order(price="12345678901.123456789"), 7, NOON, "s3://b/7.pdf"),
        Invoice.for_order(an_order(customer=5), 8, datetime.fromisoformat("2026-01-01T00:00:00Z")),
        Invoice.issue(9, [Line()], order_id="o", date="2026-01-01").cancelled(),
        Invite(id="i", organization_id="o", customer_id="c").changed(Action.CREATED),
        ADA.changed(Action.DELETED),
        Activity.of(ADA, Action.CREATED, "a uuid"),
        an_order(),
        *(order_of(*[("cup", number) for number in range(lines)]) for lines in (1, 2, 3)),
        OrderEnriched.of(order_of(("cup", 1), ("pot", 2)), CustomerRow("c1", level="gold")),
    ],
)
def test_an_event_is_the_same_after_it_was_avro(
    event: Invoice | InviteChange | UserChange | Activity | Order,
) -> None:
    assert again(type(event), event, type(event)) == event
