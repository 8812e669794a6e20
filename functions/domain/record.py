"""How is an order kept for those who ask for it?"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from functions.domain.order import Order
from functions.domain.state import OrderState


class OrderRecord(Struct, frozen=True, rename="camel"):
    """The latest state of an order, and the state it came in with."""

    __listed__: ClassVar[bool] = True

    order: Order
    first_state: OrderState

    @classmethod
    def of(cls, order: Order) -> OrderRecord:
        """Make the record of an order that nobody has seen before."""
        return cls(order, order.state)

    def follow(self, order: Order) -> OrderRecord:
        """Take over the order's next state; any other change, or a step back, leaves the record."""
        if not self.order.state.may_become(order.state):
            return self
        return OrderRecord(order, self.first_state)

    def is_from(self, order: Order) -> bool:
        """Did this very order, as it was sent then, make the record?"""
        return order.state is self.first_state and self.order.same_content(order)


class OrderPage(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Some orders, newest first. `after` asks for the next ones; it is missing at the end."""

    orders: list[Order]
    after: str | None = None
