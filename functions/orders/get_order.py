"""GET /v1/orders/{id}: what became of this order?"""

from __future__ import annotations

from functions.domain.order import Order
from functions.domain.record import OrderRecord
from runtime import Retry, Table, function


@function(http="GET /v1/orders/{id}", waits=True)
def get_order(id: str, orders: Table[OrderRecord]) -> Order:
    """Answer the order, waiting until it is there.

    An order that came on the topic, not by POST, is found too, once `remember_order` has seen it.
    """
    known = orders.get(id)
    if known is None:
        raise Retry(f"The order {id!r} is not there yet.")
    return known.order
