"""Which order holds how many pieces of a product, however many orders are open?

The newest stand in the product's row, which every order for it reads and writes. Older ones are
put away on pages, rows of their own that are written once and read when one of their orders is
over, or seems to come again. All in one row, each order would cost more the more of them are open.
"""

from __future__ import annotations

import zlib

from msgspec.structs import replace

from functions.domain.stock import Stock
from runtime import Table

#: Open orders on one page: a row that names so many puts them there.
PAGE = 64


def put_away(product: str, item: Stock, reserved: Table[dict[str, int]]) -> Stock:
    """Put the orders of a row on a page once the row names many; return the row."""
    if len(item.orders) < PAGE:
        return item
    number = max(item.pages, default=0) + 1
    reserved.put(_key(product, number), item.orders)
    traces = b"".join(map(_trace, item.orders))
    return replace(item, orders={}, pages=(*item.pages, number), paged=traces)


def holds(product: str, item: Stock, order_id: str, reserved: Table[dict[str, int]]) -> bool:
    """Whether the order is open and among the newest of a row: in it, or on its newest page."""
    if order_id in item.orders:
        return True
    # The page itself is read only then: 64 orders read with every order would cost as much as
    # 64 more in the row. (`in` would first take the trace for a number, and drop a TypeError.)
    if not item.pages or item.paged.find(_trace(order_id)) < 0:
        return False
    return order_id in (reserved.get(_key(product, item.pages[-1])) or ())


def bring_back(product: str, item: Stock, order_id: str, reserved: Table[dict[str, int]]) -> Stock:
    """Have the order stand in the row again if it holds anything; return the row."""
    if order_id in item.orders or order_id in item.closed or not item.pages:
        return item
    keys = {_key(product, number): number for number in reversed(item.pages)}
    for key, page in reserved.get_many(keys).items():
        if order_id in page:
            return _taken(key, keys[key], page, item, order_id, reserved)
    return item


def _taken(
    key: str,
    number: int,
    page: dict[str, int],
    item: Stock,
    order_id: str,
    reserved: Table[dict[str, int]],
) -> Stock:
    rest = {id: pieces for id, pieces in page.items() if id != order_id}
    orders = {**item.orders, order_id: page[order_id]}
    if rest:
        reserved.put(key, rest)
        return replace(item, orders=orders)
    reserved.delete(key)
    return replace(item, orders=orders, pages=tuple(n for n in item.pages if n != number))


def _key(product: str, number: int) -> str:
    return f"{product}/{number}"


def _trace(order_id: str) -> bytes:
    """Four bytes that other orders seldom have; who has them is looked for on the page."""
    return zlib.crc32(order_id.encode(errors="surrogatepass")).to_bytes(4)
