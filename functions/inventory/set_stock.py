"""warehouse-inventory -> table stock: how much of a product is there?"""

from __future__ import annotations

from decimal import Decimal

from functions.domain.stock import Stock, StockLevel
from runtime import Event, Reject, Table, function

#: A level beyond this would not survive a reader that keeps JSON numbers as doubles.
HIGHEST_LEVEL = 2**53 - 1


def product_of(counted: StockLevel | Decimal, event: Event) -> str:
    """The product that was counted; nothing where neither the level nor the key names one."""
    return counted.product if isinstance(counted, StockLevel) else event.key or ""


@function(
    subscribes="warehouse-inventory",
    fills_table=True,
    reads={"stock": lambda counted, event: filter(None, [product_of(counted, event)])},
)
def set_stock(counted: StockLevel | Decimal, event: Event, stock: Table[Stock]) -> None:
    """Set the product's level to what was counted; reservations stay as they are.

    The level is a number, with the product as the record's key, or `{"product", "level"}`, whose
    product counts more than the key. It is absolute, so a second delivery changes nothing. A level
    that is no whole number from 0, or that names no product, is rejected.
    """
    product = product_of(counted, event)
    level = Decimal(counted.level) if isinstance(counted, StockLevel) else counted
    if not product.strip():
        raise Reject(
            f"The level {level} names no product; expected it as the record's key.", field="product"
        )
    if not (level.is_finite() and 0 <= level <= HIGHEST_LEVEL and level % 1 == 0):
        raise Reject(
            f"The level of {product!r} is {level}; expected a whole number from 0.", field="level"
        )
    item = stock.get(product) or Stock(level=0)
    stock.put(product, item.counted(int(level)))
