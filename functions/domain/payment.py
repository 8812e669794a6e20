"""What was paid, and for which order?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from functions.domain.order import Order
from functions.domain.words import Ident, Text, check_money, check_text

#: A currency as ISO 4217 writes it.
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
#: Do two event times belong together?
Together = Callable[[datetime, datetime], bool]
#: Events of either kind that one row keeps, the latest. An order has three, and one payment; the
#: bound keeps a producer that repeats itself from growing the row for ever.
EVENTS_KEPT = 20


class Payment(Struct, frozen=True, rename="camel"):
    """A payment as it travels on the topic `payments`, keyed by its own id, not the order's.

    Fields we do not know are ignored: payments come from outside.
    """

    id: Text
    order_id: Text
    ccy: Currency
    amount: Decimal

    def __post_init__(self) -> None:
        check_text("id", self.id)
        check_text("orderId", self.order_id)
        check_money("amount", self.amount)

    @property
    def key(self) -> str:
        """Payments are keyed by their own id."""
        return self.id


class Received(Struct, frozen=True, rename="camel"):
    """A payment and its event time."""

    payment: Payment
    time: datetime


class Dues(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What came of one order, and of payments for it, until one belongs to the other."""

    customer_id: Ident | None = None
    ordered: tuple[datetime, ...] = ()
    payments: tuple[Received, ...] = ()
    organization_id: Ident | None = None

    def with_order(self, order: Order, time: datetime) -> Dues:
        """Note an event of the order; the same one twice is noted once."""
        ordered = tuple(sorted({*self.ordered, time})[-EVENTS_KEPT:])
        return Dues(order.customer_id, ordered, self.payments, order.organization_id)

    def with_payment(self, payment: Payment, time: datetime) -> Dues:
        """Note a payment; the same one twice is noted once."""
        received = {*self.payments, Received(payment, time)}
        payments = tuple(sorted(received, key=_age)[-EVENTS_KEPT:])
        return replace(self, payments=payments)

    def paid(self, together: Together) -> Payment | None:
        """Return the first payment that is together with an event of its order."""
        for received in self.payments:
            if any(together(time, received.time) for time in self.ordered):
                return received.payment
        return None


def _age(received: Received) -> tuple[datetime, str]:
    return received.time, received.payment.id
