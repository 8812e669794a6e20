"""GET /v1/products: how many of each product did the legacy system count?"""

from __future__ import annotations

from bisect import bisect_right

from msgspec import Struct

from functions.domain.product import Product
from functions.inventory.seeds import PRODUCTS
from functions.paging import check_limit
from runtime import Table, function

CODES = sorted(PRODUCTS)


class ProductPage(Struct, frozen=True, omit_defaults=True):
    """Some products, by code. `after` asks for the next ones; it is missing at the end."""

    products: list[Product]
    after: str | None = None


@function(http="GET /v1/products")
def list_products(
    products: Table[Product], limit: int = 50, after: str | None = None
) -> ProductPage:
    """Answer a page of products, by code, as `{"products": [...], "after": "..."}`.

    `limit` is from 1 to 500, `after` is the mark that the page before ended with. A product that
    was never counted has no `count`.
    """
    check_limit(limit)
    start = 0 if after is None else bisect_right(CODES, after)
    wanted = CODES[start : start + limit]
    counted = products.get_many(wanted)
    more = start + limit < len(CODES)
    return ProductPage(
        [counted.get(code) or PRODUCTS[code] for code in wanted], wanted[-1] if more else None
    )
