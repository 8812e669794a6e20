"""orders -> table orders: the view that clients ask."""

from __future__ import annotations

from functions.domain.order import Order
from functions.domain.record import OrderRecord
from runtime import Table, function


@function(subscribes="orders", reads={"orders": lambda order: [order.id]})
def remember_order(order: Order, orders: Table[OrderRecord]) -> None:
    """Keep the latest state of every order, also of those that came on the topic, not by POST.

    The first event of an order stands, in whatever state; after it the state only moves forward:
    CREATED to VALIDATED or FAILED, VALIDATED to SHIPPED. So events that come twice or late change
    nothing, and a final state never goes back.
    """
    known = orders.get(order.id)
    # Also when nothing changed: a row that create_order wrote is not on a page of the list yet.
    orders.put(order.id, known.follow(order) if known else OrderRecord.of(order))
