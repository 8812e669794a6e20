"""What is an order?

A single-line order may be written flat, as `product, quantity, price`; it is read as one line and
written back flat. Missing means different things on the two ways in: over HTTP (`NewOrder`) a
client can be told to send the field, so it is refused; on the topic (`Order`) nobody waits for an
answer, so it is readable, and `validate_details` FAILs it.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from functions.domain.line import Line, check_product
from functions.domain.state import OrderState
from functions.domain.words import (
    ZERO,
    Ident,
    Pieces,
    Text,
    check_date,
    check_money,
    check_text,
    times,
    total,
)

#: What is made of an order, such as its invoice, says more of each line than the order does, and
#: must still fit into an event. The longest order of the order book has 675.
MOST_LINES = 5000


class Order(
    Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """An order as it travels on the topic `orders`.

    `reason` says why a FAILED order failed. `customerId` is text or a whole number, as the sender
    writes it. Making one with impossible values raises ValueError naming the field.
    """

    id: Text
    customer_id: Ident | None = None
    organization_id: Ident | None = None
    po: Text | None = None
    date: str | None = None
    deliver_date: str | None = None
    # A factory, because omit_defaults would leave CREATED out of the JSON.
    state: OrderState = field(default_factory=lambda: OrderState.CREATED)
    product: str | None = None
    quantity: Pieces | None = None
    price: Decimal | None = None
    lines: tuple[Line, ...] | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        check_text("id", self.id)
        check_text("customerId", self.customer_id)
        check_text("organizationId", self.organization_id)
        check_text("po", self.po)
        check_date("date", self.date)
        check_date("deliverDate", self.deliver_date)
        check_product(self.product)
        check_money("price", self.price)
        if self.lines is not None and len(self.lines) > MOST_LINES:
            raise ValueError(f"`lines` has {len(self.lines)} lines; expected at most {MOST_LINES}")
        if self.lines is not None and self._flat != (None, None, None):
            raise ValueError(
                "`lines` stands beside product, quantity or price; "
                "expected either lines or one line written flat"
            )

    @property
    def key(self) -> str:
        """Orders are keyed by their id."""
        return self.id

    @property
    def items(self) -> tuple[Line, ...]:
        """The lines, also of an order written flat."""
        return self.lines if self.lines is not None else (Line(*self._flat),)

    @property
    def line_count(self) -> int:
        """How many lines there are; an order written flat is one."""
        return 1 if self.lines is None else len(self.lines)

    @property
    def amount(self) -> Decimal:
        """What the order is worth, exactly."""
        if self.lines is None:
            return times(self.price, self.quantity or 0) if self.price is not None else ZERO
        return total(line.amount for line in self.lines)

    @property
    def wanted(self) -> dict[str, int]:
        """How many pieces of each product the order takes; lines of one product are summed.

        Only quantities above zero count: a negative line takes nothing and gives nothing.
        """
        if self.lines is None:
            return {self.product: self.quantity or 0} if self.product and self._takes else {}
        taken: Counter[str] = Counter()
        for line in self.lines:
            if line.product and line.pieces > 0:
                taken[line.product] += line.pieces
        return dict(taken)

    def becoming(self, state: OrderState, reason: str | None = None) -> Order:
        """Return the order in another state, its other fields unchanged."""
        return replace(self, state=state, reason=reason)

    def same_content(self, other: Order) -> bool:
        """Is it the same order, whatever became of it since?"""
        return self.becoming(self.state) == other.becoming(self.state)

    @property
    def _flat(self) -> tuple[str | None, int | None, Decimal | None]:
        return self.product, self.quantity, self.price

    @property
    def _takes(self) -> bool:
        return self.quantity is not None and self.quantity > 0


class NewOrder(Order, frozen=True):
    """An order as a client sends it: id, product and quantity must be there, on every line."""

    def __post_init__(self) -> None:
        Order.__post_init__(self)
        if self.lines is not None and not self.lines:
            raise ValueError("`lines` is empty; expected at least one line")
        for number, line in enumerate(self.items):
            place = "" if self.lines is None else f"lines[{number}]."
            if not (line.product and line.product.strip()):
                raise ValueError(f"Object missing required field `{place}product`")
            if line.quantity is None:
                raise ValueError(f"Object missing required field `{place}quantity`")

    def order(self) -> Order:
        """Return the order that is stored and published."""
        return Order(**asdict(self))
