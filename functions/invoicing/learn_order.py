"""orders -> table known_orders: which orders can an invoice be made for?"""

from __future__ import annotations

from functions.domain.invoice import KnownOrder
from functions.domain.order import Order
from runtime import Table, function


@function(
    subscribes="orders",
    fills_table=True,
    reads={"known_orders": lambda order: [order.id]},
)
def learn_order(order: Order, known_orders: Table[KnownOrder]) -> None:
    """Keep for whom each order is, in whatever state it comes.

    The first event of an order stands: the later ones, and the same one again, change its state
    only.
    """
    if order.id not in known_orders:
        known_orders.put(order.id, KnownOrder(order.customer_id, order.organization_id))
