"""What is owed for an order?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from msgspec import Struct, to_builtins
from msgspec.structs import asdict, replace

from functions.domain.customer import Action
from functions.domain.line import Line
from functions.domain.order import Order
from functions.domain.words import ZERO, Ident, Text, check_text, total


class InvoiceState(StrEnum):
    """An invoice is issued as soon as it has a number; cancelled, it keeps the number."""

    ISSUED = "ISSUED"
    CANCELLED = "CANCELLED"


class Item(Line, frozen=True):
    """A line of an invoice. Its id tells it from the others, and is not given again."""

    id: Text | None = None

    def __post_init__(self) -> None:
        Line.__post_init__(self)
        check_text("id", self.id)


class Invoice(
    Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """An invoice as it travels on the topic `invoices`, and as it is kept.

    `number` has six digits or more: 000001; it is also the `id`, unless a client gave one. `date`
    and `deliver_date` are dates, or times with a zone; the `date` of an invoice that was not made
    by hand is the event time of the order's validation. `document` is where the printed invoice
    can be fetched. `last_item` is the highest number that was given to an item.
    """

    __listed__: ClassVar[bool] = True

    id: Text
    number: str = ""
    order_id: Text
    customer_id: Ident | None = None
    organization_id: Ident | None = None
    date: str
    deliver_date: str | None = None
    lines: tuple[Item, ...]
    total: Decimal
    state: InvoiceState
    document: str | None = None
    by_hand: bool = False
    last_item: int = 0
    action: Action

    def __post_init__(self) -> None:
        check_text("id", self.id)
        check_text("orderId", self.order_id)
        check_text("customerId", self.customer_id)

    @property
    def key(self) -> str:
        """Invoices are keyed by their id."""
        return self.id

    @property
    def is_as_issued(self) -> bool:
        """Is it what the order's validation made it, touched by nobody?"""
        return not self.by_hand and self.action is Action.CREATED

    @classmethod
    def issue(cls, number: int, lines: Iterable[Line], **fields: Any) -> Invoice:
        """Bill these lines under this number."""
        invoice = cls(
            **{"id": number_text(number)} | fields,
            number=number_text(number),
            lines=(),
            total=ZERO,
            state=InvoiceState.ISSUED,
            action=Action.CREATED,
        )
        return invoice.with_lines(lines)

    @classmethod
    def for_order(
        cls, order: Order, number: int, date: datetime, document: str | None = None
    ) -> Invoice:
        """Bill every line of the order."""
        return cls.issue(
            number,
            order.items,
            order_id=order.id,
            customer_id=order.customer_id,
            organization_id=order.organization_id,
            date=to_builtins(date),
            deliver_date=order.deliver_date,
            document=document,
        )

    def item(self, id: str) -> Item | None:
        """Return the item of this id, None when there is none."""
        return next((item for item in self.lines if item.id == id), None)

    def with_lines(self, lines: Iterable[Line]) -> Invoice:
        """Return the invoice over these lines; one without an id gets the next number as its id."""
        items = [line if isinstance(line, Item) else Item(**asdict(line)) for line in lines]
        taken, last = {item.id for item in items}, self.last_item
        for place, item in enumerate(items):
            if item.id is None:
                last += 1
                while str(last) in taken:
                    last += 1
                items[place] = replace(item, id=str(last))
        amount = total(item.amount for item in items)
        return replace(self, lines=tuple(items), total=amount, last_item=last)

    def edited(self, **changes: Any) -> Invoice:
        """Return the invoice with these fields, which may be `lines`; itself when none differs."""
        lines = changes.pop("lines", self.lines)
        changed = replace(self, **changes)
        if lines != self.lines:
            changed = changed.with_lines(lines)
        return self if changed == self else replace(changed, action=Action.EDITED)

    def cancelled(self) -> Invoice:
        """Return what is left of it: it owes nothing more, and keeps its number."""
        return replace(self, state=InvoiceState.CANCELLED, action=Action.DELETED)


def number_text(number: int) -> str:
    """Write a number in six digits or more."""
    return f"{number:06}"


class Counter(Struct):
    """The last number given out."""

    last: int = 0


class Issued(Struct):
    """Which invoice an order has."""

    invoice: str


class KnownOrder(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a client who makes an invoice need not repeat: for whom the order is."""

    customer_id: Ident | None = None
    organization_id: Ident | None = None
