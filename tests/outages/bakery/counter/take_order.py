from runtime import Response, Table, function
from tests.outages.bakery.order import Order, Taken


@function(http="POST /orders", publishes="cake-orders")
def take_order(order: Order, taken: Table[Taken]) -> Response:
    """Keep an order and publish it; sent again it has the effect of one."""
    if taken.get(order.id) is not None:
        return Response(201)
    taken.put(order.id, Taken(order.cake))
    return Response(201, publish=order)
