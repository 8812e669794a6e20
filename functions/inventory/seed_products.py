"""every 10 minutes -> table products: which products can be counted?"""

from __future__ import annotations

from functions.domain.product import Product
from functions.inventory.seeds import PRODUCTS
from runtime import Table, function


@function(every="10m")
def seed_products(products: Table[Product]) -> None:
    """Put those of the twenty products into the table that are not there yet.

    At the first start that is all of them, within a second. Run again, it changes nothing: what was
    counted stays.
    """
    known = products.get_many(PRODUCTS)
    for code, product in PRODUCTS.items():
        if code not in known:
            products.put(code, product)
