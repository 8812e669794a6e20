"""What is owed for an order?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from functions.domain.customer import Action
from functions.domain.line import Line
from functions.domain.order import Order
from functions.domain.words import Ident, Text, check_text


class InvoiceState(StrEnum):
    """An invoice is issued as soon as it has a number."""

    ISSUED = "ISSUED"


class Invoice(
    Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """An invoice as it travels on the topic `invoices`, and as it is kept.

    `id` is its number, in six digits or more: 000001. `date` is the event time of the order's
    validation. `document` is where the printed invoice can be fetched.
    """

    __listed__: ClassVar[bool] = True

    id: Text
    order_id: Text
    customer_id: Ident | None = None
    organization_id: Ident | None = None
    date: datetime
    deliver_date: str | None = None
    lines: tuple[Line, ...]
    total: Decimal
    state: InvoiceState
    document: str | None = None
    action: Action

    def __post_init__(self) -> None:
        check_text("id", self.id)
        check_text("orderId", self.order_id)
        check_text("customerId", self.customer_id)

    @property
    def key(self) -> str:
        """Invoices are keyed by their number."""
        return self.id

    @classmethod
    def for_order(
        cls, order: Order, number: int, date: datetime, document: str | None = None
    ) -> Invoice:
        """Bill every line of the order."""
        return cls(
            id=f"{number:06}",
            order_id=order.id,
            customer_id=order.customer_id,
            organization_id=order.organization_id,
            date=date,
            deliver_date=order.deliver_date,
            lines=order.items,
            total=order.amount,
            state=InvoiceState.ISSUED,
            document=document,
            action=Action.CREATED,
        )


class Counter(Struct):
    """The last number given out."""

    last: int = 0


class Issued(Struct):
    """Which invoice an order has."""

    invoice: str
