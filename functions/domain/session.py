"""What did a customer order without a longer pause?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from functions.domain.words import EXACT

#: Orders of which a session remembers that it has counted them, the latest ones.
COUNTED_KEPT = 50


class Session(Struct, rename="camel"):
    """A stretch of event time from the first to the last order in it, with the orders' total."""

    start: datetime
    end: datetime
    total: Decimal
    orders: list[str] = []

    def absorb(self, other: Session) -> None:
        """Take in another session: this one then covers both."""
        self.start = min(self.start, other.start)
        self.end = max(self.end, other.end)
        self.total = EXACT.add(self.total, other.total)
        self.orders = [*self.orders, *other.orders][-COUNTED_KEPT:]


class Sessions(Struct, rename="camel"):
    """One customer's sessions that an order may still join, oldest first."""

    open: list[Session] = []

    def counted(self, order_id: str) -> bool:
        """Is the order in one of them? Only the latest 50 of each session are remembered."""
        return any(order_id in session.orders for session in self.open)
