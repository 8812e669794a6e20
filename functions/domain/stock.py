"""What of a product is in the warehouse, and for which orders is it set aside?"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from functions.domain.words import Text

#: Orders of which a product remembers that they are over, the latest ones.
CLOSED_KEPT = 20


class Stock(Struct, frozen=True, rename="camel"):
    """One product. Each method returns the stock as it is afterwards.

    `reserved` is the sum over all open orders, of which each holds so many pieces: the newest
    stand in `orders`, older ones on the `pages` that are numbered here. `paged` is a trace of each
    order on the newest page (`functions.inventory.reservations`). So reserving twice for one order
    reserves once, as long as the order is among the newest, and an order gives back exactly what it
    holds. `closed` are orders that failed or were shipped lately: nothing is reserved for them any
    more, or an order event that comes late or twice would hold goods for ever.
    """

    level: int
    reserved: int = 0
    orders: dict[str, int] = {}
    closed: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()
    paged: bytes = b""

    @property
    def free(self) -> int:
        """What can still be reserved; below zero when the level fell under the reservations."""
        return self.level - self.reserved

    def counted(self, level: int) -> Stock:
        """Set the level; reservations stay."""
        return replace(self, level=level)

    def covers(self, quantity: int) -> bool:
        """Is enough free? Nothing wanted is always covered."""
        return quantity <= 0 or quantity <= self.free

    def reserve(self, order_id: str, quantity: int) -> Stock:
        """Set pieces aside for the order, unless it holds some or is over. Ask `covers` before."""
        if quantity <= 0 or order_id in self.orders or order_id in self.closed:
            return self
        return Stock(
            self.level,
            self.reserved + quantity,
            {**self.orders, order_id: quantity},
            self.closed,
            self.pages,
            self.paged,
        )

    def release(self, order_id: str) -> Stock:
        """Give back what the order holds: it failed."""
        return self._close(order_id, 0)

    def ship(self, order_id: str) -> Stock:
        """Take what the order holds out of the warehouse: it was shipped."""
        return self._close(order_id, self.orders.get(order_id, 0))

    def _close(self, order_id: str, leaving: int) -> Stock:
        if order_id in self.closed:
            return self
        return Stock(
            self.level - leaving,
            self.reserved - self.orders.get(order_id, 0),
            {id: held for id, held in self.orders.items() if id != order_id},
            (*self.closed, order_id)[-CLOSED_KEPT:],
            self.pages,
            self.paged,
        )


class StockLevel(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How many pieces somebody counted: absolute, not a change."""

    product: Text
    level: int

    @property
    def key(self) -> str:
        """Levels are keyed by the product."""
        return self.product
