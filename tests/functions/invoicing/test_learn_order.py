"""learn_order: every order can be billed, for whom it first said it was."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from functions.domain.invoice import KnownOrder
from functions.domain.state import OrderState
from functions.invoicing.learn_order import learn_order
from runtime import Table
from tests.functions.making import order


@pytest.mark.parametrize("state", OrderState)
def test_keeps_for_whom_an_order_is_in_whatever_state(state):
    known_orders = Table({})

    learn_order(replace(order(state=state), organization_id=4), known_orders)

    assert known_orders.rows == {"o-1": KnownOrder("c1", 4)}


def test_the_first_event_of_an_order_stands():
    known_orders = Table({})
    learn_order(order(), known_orders)
    learn_order(order(customer="other", state="VALIDATED"), known_orders)

    assert known_orders.rows == {"o-1": KnownOrder("c1")}


def test_fills_its_table_before_others_begin():
    assert learn_order.spec.fills_table
