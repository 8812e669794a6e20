"""orders -> order-validations: can the warehouse cover this order?"""

from __future__ import annotations

from functions.domain.checks import CheckType, OrderValidation
from functions.domain.order import Order
from functions.domain.state import OrderState
from functions.domain.stock import Stock
from functions.inventory.reservations import bring_back, holds, put_away
from runtime import Table, function


def products(order: Order) -> list[str]:
    """The stock rows that the order needs."""
    if order.lines is None:
        return [order.product] if order.product else []
    return [line.product for line in order.lines if line.product]


@function(
    subscribes="orders",
    publishes="order-validations",
    when=lambda order: order.state is not OrderState.VALIDATED,
    reads={"stock": products},
    # Or a FAILED could pass its CREATED that is being tried again, and nothing would be released.
    ordered=True,
)
def validate_inventory(
    order: Order, stock: Table[Stock], reserved: Table[dict[str, int]]
) -> OrderValidation | None:
    """Set the ordered goods aside if enough are free, and report the answer.

    An order of several lines reserves all of them or none; lines of one product are summed. Only
    quantities above zero reserve. A product without a stock row FAILs.

    The same function lets go of the goods: a FAILED order gives back what it holds, a SHIPPED one
    takes it out of the warehouse. Functions of their own would run at their own pace, and a
    FAILED that passes its CREATED would leave goods reserved for ever.

    Delivered twice, an order reserves, gives back or leaves once: the same event always, the same
    order under another event id while it is among the newest 64 open ones of its products. An
    order that failed or was shipped lately reserves nothing any more, whatever comes late: it is
    answered FAIL, which changes no decision.
    """
    if order.state is OrderState.CREATED:
        reason = set_aside(order, stock, reserved)
        return OrderValidation.of(order.id, CheckType.INVENTORY_CHECK, reason)
    let_go(order, stock, reserved)
    return None


def set_aside(order: Order, stock: Table[Stock], reserved: Table[dict[str, int]]) -> str | None:
    """Reserve all lines, or none and return why."""
    wanted, named = order.wanted, products(order)
    items = stock.get_many(dict.fromkeys(named))
    if any(holds(product, item, order.id, reserved) for product, item in items.items()):
        return None  # reserved before: a second delivery
    for product in named:
        item = items.get(product)
        if item is None:
            return f"{product!r} is not in the inventory"
        if order.id in item.closed:
            return f"order {order.id!r} is over"
        if not item.covers(wanted.get(product, 0)):
            return f"{product!r}: {wanted[product]} ordered, {item.free} free"
    if len(named) < order.line_count:
        return "a line names no product"
    for product, quantity in wanted.items():
        item = items[product].reserve(order.id, quantity)
        stock.put(product, put_away(product, item, reserved))
    return None


def let_go(order: Order, stock: Table[Stock], reserved: Table[dict[str, int]]) -> None:
    """Give back what a FAILED order holds, and ship what a SHIPPED one holds."""
    shipped = order.state is OrderState.SHIPPED
    for product, item in stock.get_many(dict.fromkeys(products(order))).items():
        item = bring_back(product, item, order.id, reserved)
        stock.put(product, item.ship(order.id) if shipped else item.release(order.id))
