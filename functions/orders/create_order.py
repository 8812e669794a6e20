"""POST /v1/orders -> orders: take an order in."""

from __future__ import annotations

from urllib.parse import quote

from functions.domain.order import NewOrder, Order
from functions.domain.record import OrderRecord
from runtime import Reject, Response, Table, function


@function(http="POST /v1/orders", publishes={"orders": Order})
def create_order(new: NewOrder, orders: Table[OrderRecord]) -> Response:
    """Store the order as it was sent, publish it, and answer 201 with where to find it.

    The id, and a product and a quantity for every line, are required. A missing price counts as
    zero. An order without a customer is taken, but nobody can be billed for it. A field we do not
    know is refused: the order is stored and published again, so the field would be lost without
    anybody noticing. A product nobody knows is no error here: inventory decides.

    The order's row is written here, not only by `remember_order`, so that a client reads its own
    write. The same order sent again has the effect of one and is answered 201 again, whatever
    became of it since; the same id with other content is 409.
    """
    order = new.order()
    location = {"Location": f"/v1/orders/{quote(order.id, safe='')}"}
    known = orders.get(order.id)
    if known is None:
        orders.put(order.id, OrderRecord.of(order))
        return Response(201, headers=location, publish=order)
    if not known.is_from(order):
        raise Reject(
            f"The order {order.id!r} exists with other content; expected a new id.",
            status=409,
            field="id",
        )
    return Response(201, headers=location)
