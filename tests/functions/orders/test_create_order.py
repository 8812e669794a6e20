"""create_order: take in an order once."""

from __future__ import annotations

import msgspec
import pytest

from functions.domain.order import NewOrder
from functions.domain.record import OrderRecord
from functions.domain.state import OrderState
from functions.orders.create_order import create_order
from runtime import Reject, Table
from tests.functions.making import order


def sent(**fields: object) -> NewOrder:
    """Read an order as a client sends it."""
    body = {"id": "o-1", "customerId": "c1", "product": "JUMPERS", "quantity": 1, "price": 1}
    return msgspec.json.decode(msgspec.json.encode(body | fields), type=NewOrder)


def test_answers_201_with_an_empty_body_and_where_the_order_is():
    answer = create_order(sent(), Table({}))

    assert (answer.status, answer.body) == (201, None)
    assert answer.headers == {"Location": "/v1/orders/o-1"}


def test_publishes_and_keeps_the_order():
    orders = Table({})

    answer = create_order(sent(), orders)

    assert answer.publish == order()
    assert orders.rows == {"o-1": OrderRecord(order(), OrderState.CREATED)}


@pytest.mark.parametrize("state", OrderState)
def test_keeps_the_state_as_it_was_sent(state):
    answer = create_order(sent(state=state), Table({}))

    assert answer.publish.state is state


def test_an_order_sent_twice_is_published_once():
    orders = Table({})
    create_order(sent(), orders)

    again = create_order(sent(), orders)

    assert (again.status, again.publish) == (201, ())


@pytest.mark.parametrize("state", ["VALIDATED", "FAILED", "SHIPPED"])
def test_an_order_sent_again_after_its_decision_does_not_step_back(state):
    decided = OrderRecord(order(state=state), OrderState.CREATED)
    orders = Table({"o-1": decided})

    again = create_order(sent(), orders)

    assert (again.status, again.publish) == (201, ())
    assert orders.rows == {"o-1": decided}


@pytest.mark.parametrize("other", [{"quantity": 2}, {"state": "SHIPPED"}, {"po": "PO-1"}])
def test_the_same_id_with_other_content_is_409_and_changes_nothing(other):
    orders = Table({})
    create_order(sent(), orders)

    with pytest.raises(Reject, match="'o-1' exists with other content") as refused:
        create_order(sent(**other), orders)

    assert (refused.value.status, refused.value.field) == (409, "id")
    assert orders.get("o-1").order == order()


def test_the_same_price_written_otherwise_is_the_same_content():
    orders = Table({})
    create_order(sent(price=1), orders)

    assert create_order(sent(price=1.0), orders).publish == ()


@pytest.mark.parametrize(
    ("id", "path"),
    [("a/b", "a%2Fb"), ("a b?c#d", "a%20b%3Fc%23d"), ("Köln", "K%C3%B6ln"), ("..", "..")],
)
def test_the_location_is_percent_encoded(id, path):
    answer = create_order(sent(id=id), Table({}))

    assert answer.headers["Location"] == f"/v1/orders/{path}"
