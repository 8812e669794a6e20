"""What is one line of an order?"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from functions.domain.words import ZERO, Pieces, check_money, check_text, times


class Line(Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """So many pieces of one product at one price each. A missing number counts as zero."""

    product: str | None = None
    quantity: Pieces | None = None
    price: Decimal | None = None

    def __post_init__(self) -> None:
        check_product(self.product)
        check_money("price", self.price)

    @property
    def pieces(self) -> int:
        """The quantity; zero when it is missing."""
        return self.quantity or 0

    @property
    def amount(self) -> Decimal:
        """Quantity times price, exactly."""
        return times(self.price, self.pieces) if self.price is not None else ZERO


def check_product(value: str | None) -> None:
    """An empty product is readable, so that it can be FAILed; an endless one is not."""
    if value is None:
        return
    if len(value) > 256:
        raise ValueError(f"`product` has {len(value)} characters; expected at most 256")
    check_text("product", value)
