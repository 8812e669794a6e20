"""GET /v1/search/orders: which orders match?"""

from __future__ import annotations

from functions.domain.indexed import FoundOrders, OrderQuery
from functions.domain.state import OrderState
from functions.paging import check_limit
from functions.search.order_index import OrderIndex
from runtime import function


@function(http="GET /v1/search/orders")
def search_orders(
    index: OrderIndex,
    q: str | None = None,
    state: OrderState | None = None,
    customer_id: str | None = None,
    product: str | None = None,
    limit: int = 50,
    after: str | None = None,
) -> FoundOrders:
    """Answer `{"orders": [...], "total": N, "after": "..."}`, in the order of the orders' ids.

    `q` is words that must all occur in id, customer, product or reason; `state`, `customerId` and
    `product` are exact. `limit` is from 1 to 500; `after` is what the page before ended with. What
    was written is found about a second later. 503 while the server is away.
    """
    check_limit(limit)
    return index.find(
        OrderQuery(
            q=q, state=state, customer_id=customer_id, product=product, limit=limit, after=after
        )
    )
