"""remember_order: the view moves forward only."""

from __future__ import annotations

import pytest

from functions.domain.record import OrderRecord
from functions.domain.state import OrderState
from functions.orders.remember_order import remember_order
from runtime import Table
from tests.functions.making import order


def view_after(*states: str) -> OrderState:
    orders = Table({})
    for state in states:
        remember_order(order(state=state), orders)
    return orders.get("o-1").order.state


@pytest.mark.parametrize("state", OrderState)
def test_an_order_that_came_on_the_topic_is_in_the_view(state):
    assert view_after(state) is state


@pytest.mark.parametrize(
    ("states", "last"),
    [
        (["CREATED", "VALIDATED"], "VALIDATED"),
        (["CREATED", "FAILED"], "FAILED"),
        (["CREATED", "VALIDATED", "SHIPPED"], "SHIPPED"),
        (["VALIDATED", "CREATED"], "VALIDATED"),
        (["FAILED", "CREATED"], "FAILED"),
        (["VALIDATED", "FAILED"], "VALIDATED"),
        (["FAILED", "VALIDATED"], "FAILED"),
        (["CREATED", "SHIPPED"], "CREATED"),
        (["FAILED", "SHIPPED"], "FAILED"),
        (["SHIPPED", "VALIDATED"], "SHIPPED"),
    ],
)
def test_a_state_only_moves_forward(states, last):
    assert view_after(*states) == last


def test_the_reason_of_a_decision_is_kept():
    orders = Table({})
    remember_order(order(), orders)
    failed = order().becoming(OrderState.FAILED, "why")

    remember_order(failed, orders)

    assert orders.get("o-1") == OrderRecord(failed, OrderState.CREATED)


def test_the_content_of_the_first_event_stands():
    orders = Table({})
    remember_order(order(quantity=1), orders)
    remember_order(order(quantity=2), orders)

    assert orders.get("o-1").order.quantity == 1


def test_changes_nothing_when_delivered_twice():
    orders = Table({})
    for _ in range(2):
        remember_order(order(), orders)

    assert orders.rows == {"o-1": OrderRecord.of(order())}
