"""What of an order can be searched for?"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from functions.domain.order import Order
from functions.domain.state import OrderState

#: One value for an order written flat, one for each line otherwise: an index takes both alike.
Products = str | tuple[str, ...] | None
Quantities = int | tuple[int, ...] | None
Prices = Decimal | tuple[Decimal, ...] | None


class IndexedOrder(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An order as it stands in the index, under its id. `amount` is its lines together, exactly."""

    id: str
    state: OrderState
    amount: Decimal
    customer_id: str | None = None
    organization_id: str | None = None
    product: Products = None
    quantity: Quantities = None
    price: Prices = None
    reason: str | None = None

    @classmethod
    def of(cls, order: Order) -> IndexedOrder:
        """Take from the order what is searched for."""
        product: Products = order.product
        quantity: Quantities = order.quantity
        price: Prices = None if order.price is None else _plain(order.price)
        if order.lines is not None:
            product = tuple(line.product or "" for line in order.lines)
            quantity = tuple(line.pieces for line in order.lines)
            price = tuple(_plain(line.price or Decimal(0)) for line in order.lines)
        return cls(
            id=order.id,
            state=order.state,
            amount=_plain(order.amount),
            customer_id=None if order.customer_id is None else str(order.customer_id),
            organization_id=(None if order.organization_id is None else str(order.organization_id)),
            product=product,
            quantity=quantity,
            price=price,
            reason=order.reason,
        )

    @property
    def version(self) -> int:
        """What the index keeps is the document of the highest version, the first one of it.

        The stage of the order and not the record's offset: offsets begin again when a topic is
        made anew or gets more partitions, and an index would then refuse what is new.
        """
        return self.state.stage

    @property
    def products(self) -> tuple[str, ...]:
        """The products, of whichever shape the order is."""
        if self.product is None:
            return ()
        return (self.product,) if isinstance(self.product, str) else self.product


class OrderQuery(Struct, frozen=True, kw_only=True):
    """Which orders are wanted: all that is given must hold. `q` is words, all of them.

    They come in the order of their ids, at most `limit` of them, those behind the id `after`.
    """

    q: str | None = None
    state: OrderState | None = None
    customer_id: str | None = None
    product: str | None = None
    limit: int = 50
    after: str | None = None


class FoundOrders(Struct, frozen=True, omit_defaults=True):
    """Some orders, by id; `total` counts all that match. `after` is missing at the end."""

    orders: list[IndexedOrder]
    total: int
    after: str | None = None


def furthest(orders: list[Order]) -> list[IndexedOrder]:
    """Return one document for each order: of the event that says most, the first of those."""
    found: dict[str, IndexedOrder] = {}
    for order in orders:
        known = found.get(order.id)
        if known is None or order.state.stage > known.version:
            found[order.id] = IndexedOrder.of(order)
    return list(found.values())


def _plain(amount: Decimal) -> Decimal:
    """The same number, written without an exponent."""
    return Decimal(f"{amount:f}")
