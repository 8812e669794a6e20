"""Orders for an index, and both kinds of it."""

from decimal import Decimal
from typing import Any

from functions.domain.indexed import IndexedOrder
from functions.domain.order import Order
from functions.domain.state import OrderState


def order(id: str, state: str = "CREATED", **more: Any) -> Order:
    """An order of three teapots unless told otherwise."""
    fields: dict[str, Any] = {"customer_id": "ada", "product": "tea pot", "quantity": 3}
    fields |= {"price": Decimal("5.00")} | more
    return Order(id=id, state=OrderState(state), **fields)


def document(id: str, state: str = "CREATED", **more: Any) -> IndexedOrder:
    return IndexedOrder.of(order(id, state, **more))
