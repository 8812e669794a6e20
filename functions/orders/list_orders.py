"""GET /v1/orders: which orders are there?"""

from __future__ import annotations

from functions.domain.record import OrderPage, OrderRecord
from functions.domain.state import OrderState
from runtime import Reject, Table, function

MOST_ORDERS = 500
#: Orders looked at for one answer. A rare customer would else be searched for through all of them.
MOST_SEARCHED = 10_000


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
    if not 1 <= limit <= MOST_ORDERS:
        raise Reject(
            f"limit is {limit}; expected a number from 1 to {MOST_ORDERS}.",
            status=400,
            field="limit",
        )
    found, searched = OrderPage([], after), 0
    while searched < MOST_SEARCHED:
        page = orders.page(limit - len(found.orders), found.after)
        chosen = [
            known.order
            for _, known in page.rows
            if state in (None, known.order.state)
            and customer_id in (None, str(known.order.customer_id))
        ]
        found = OrderPage([*found.orders, *chosen], page.after)
        searched += len(page.rows)
        if len(found.orders) == limit or page.after is None:
            break
    return found
