"""orders -> order-validations: can the order be meant as it is written?"""

from __future__ import annotations

from functions.domain.checks import CheckType, OrderValidation
from functions.domain.line import Line
from functions.domain.order import Order
from functions.domain.state import OrderState
from runtime import function


@function(
    subscribes="orders",
    publishes="order-validations",
    when=lambda order: order.state is OrderState.CREATED,
)
def validate_details(order: Order) -> OrderValidation:
    """FAIL an order with a quantity or a price below zero, or without a product.

    Zero passes, and so does a missing price: it counts as zero. A missing quantity FAILs, and so
    does an order without lines. Every line has to pass. The answer depends on the order alone, so
    a second delivery gives the same one.
    """
    reason = next(filter(None, map(objection, order.items)), None)
    if not order.items:
        reason = "the order has no lines"
    return OrderValidation.of(order.id, CheckType.ORDER_DETAILS_CHECK, reason)


def objection(line: Line) -> str | None:
    """Return what is wrong with the line."""
    if not (line.product and line.product.strip()):
        return "the product is missing"
    if line.quantity is None:
        return f"the quantity of {line.product!r} is missing"
    if line.quantity < 0:
        return f"the quantity of {line.product!r} is {line.quantity}; expected zero or more"
    if line.price is not None and line.price < 0:
        return f"the price of {line.product!r} is {line.price}; expected zero or more"
    return None
