"""ship_order: only what was validated leaves the house, once."""

from __future__ import annotations

import pytest

from functions.domain.record import OrderRecord
from functions.orders.ship_order import ship_order
from runtime import Reject, Table
from tests.functions.making import order


def kept(state: str) -> Table[OrderRecord]:
    return Table({"o-1": OrderRecord.of(order(state=state))})


def test_a_validated_order_is_published_and_kept_as_shipped():
    orders = kept("VALIDATED")

    answer = ship_order("o-1", orders)

    assert (answer.status, answer.publish) == (200, order(state="SHIPPED"))
    assert orders.get("o-1").order == order(state="SHIPPED")


def test_shipping_twice_publishes_once():
    orders = kept("VALIDATED")
    ship_order("o-1", orders)

    again = ship_order("o-1", orders)

    assert (again.status, again.body, again.publish) == (200, order(state="SHIPPED"), ())


@pytest.mark.parametrize("state", ["CREATED", "FAILED"])
def test_an_order_in_another_state_is_409(state):
    with pytest.raises(Reject, match=f"is {state}; expected VALIDATED") as refused:
        ship_order("o-1", kept(state))

    assert refused.value.status == 409


def test_an_unknown_order_is_404():
    with pytest.raises(Reject, match="no order 'o-2'") as refused:
        ship_order("o-2", kept("VALIDATED"))

    assert refused.value.status == 404
