"""orders -> the search index: the latest state of every order."""

from __future__ import annotations

from functions.domain.indexed import furthest
from functions.domain.order import Order
from functions.search.order_index import OrderIndex
from runtime import function


@function(subscribes="orders")
def index_orders(orders: list[Order], index: OrderIndex) -> None:
    """Write one document for each order, many orders in one request.

    A document is only ever replaced by one of a later state, whoever writes: events that come
    twice, late, or from a replica that was slow, change nothing. While the server is away, events
    wait in their order and none is given up. An order that the server refuses is a dead letter
    with the server's reason, and the others of its batch are written.
    """
    index.write(furthest(orders))
