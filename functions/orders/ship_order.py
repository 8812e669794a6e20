"""POST /v1/orders/{id}/shipment -> orders: the goods have left the house."""

from __future__ import annotations

from functions.domain.order import Order
from functions.domain.record import OrderRecord
from functions.domain.state import OrderState
from runtime import Reject, Response, Table, function


@function(http="POST /v1/orders/{id}/shipment", publishes={"orders": Order})
def ship_order(id: str, orders: Table[OrderRecord]) -> Response:
    """Make a VALIDATED order SHIPPED and answer it; inventory then takes the goods out of stock.

    Shipping again answers the same and publishes nothing. An order that is not VALIDATED is 409,
    an unknown one 404.
    """
    known = orders.get(id)
    if known is None:
        raise Reject(f"There is no order {id!r}.", status=404, field="id")
    if known.order.state is OrderState.SHIPPED:
        return Response(200, known.order)
    if not known.order.state.may_become(OrderState.SHIPPED):
        raise Reject(
            f"The order {id!r} is {known.order.state}; expected VALIDATED.",
            status=409,
            field="state",
        )
    shipped = known.order.becoming(OrderState.SHIPPED)
    orders.put(id, known.follow(shipped))
    return Response(200, shipped, publish=shipped)
