"""GET /v1/orders: which orders are there?"""

from __future__ import annotations

from functions.domain.record import OrderPage, OrderRecord
from functions.domain.state import OrderState
from functions.paging import search
from runtime import Table, function


@function(http="GET /v1/orders")
def list_orders(
    orders: Table[OrderRecord],
    state: OrderState | None = None,
    customer_id: str | None = None,
    limit: int = 50,
    after: str | None = None,
) -> OrderPage:
    """Answer a page of orders, newest first, as `{"orders": [...], "after": "..."}`.

    `state` and `customerId` choose among them, `limit` is from 1 to 500, `after` is the mark that
    the page before ended with. A page may hold fewer orders than its limit and still have an
    `after`: only a page without one is the last.
    """

    def wanted(known: OrderRecord) -> bool:
        order = known.order
        return state in (None, order.state) and customer_id in (None, str(order.customer_id))

    found, mark = search(orders, wanted, limit, after)
    return OrderPage([known.order for known in found], mark)
