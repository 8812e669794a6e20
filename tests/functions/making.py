"""Orders and events for tests, with the fields that a test does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from functions.domain.line import Line
from functions.domain.order import Order
from functions.domain.state import OrderState
from runtime import Event

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def order(
    id: str = "o-1",
    product: str | None = "JUMPERS",
    quantity: int | None = 1,
    price: str | None = "1.00",
    *,
    customer: str | int | None = "c1",
    state: str = "CREATED",
) -> Order:
    """Make a flat order."""
    return Order(
        id=id,
        customer_id=customer,
        state=OrderState(state),
        product=product,
        quantity=quantity,
        price=None if price is None else Decimal(price),
    )


def order_of(*lines: tuple[str | None, int], id: str = "o-1", state: str = "CREATED") -> Order:
    """Make an order of several lines, at one each."""
    return Order(
        id=id,
        customer_id="c1",
        state=OrderState(state),
        lines=tuple(Line(product, quantity, Decimal(1)) for product, quantity in lines),
    )


def event(minutes: float = 0, key: str | None = None, id: str = "e-1") -> Event:
    """Make the envelope of an event, so many minutes after noon."""
    return Event(id=id, source="test", type="test", time=NOON + timedelta(minutes=minutes), key=key)
