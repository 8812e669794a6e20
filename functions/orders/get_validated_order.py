"""GET /v1/orders/{id}/validated: how was this order decided?"""

from __future__ import annotations

from functions.domain.order import Order
from functions.domain.record import OrderRecord
from functions.domain.state import OrderState
from runtime import Retry, Table, function


@function(http="GET /v1/orders/{id}/validated", waits=True)
def get_validated_order(id: str, orders: Table[OrderRecord]) -> Order:
    """Answer the order, waiting until it is VALIDATED or FAILED.

    A SHIPPED order is answered too: it was VALIDATED before.
    """
    known = orders.get(id)
    if known is None or known.order.state is OrderState.CREATED:
        raise Retry(f"The order {id!r} is not decided yet.")
    return known.order
