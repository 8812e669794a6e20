"""seed_products: twenty products, whatever was counted before."""

from __future__ import annotations

from functions.domain.product import Product
from functions.inventory.seed_products import seed_products
from functions.inventory.seeds import PRODUCTS
from runtime import Table


def test_puts_the_twenty_products_into_the_table():
    products = Table({})

    seed_products(products)

    assert products.rows == PRODUCTS


def test_leaves_what_was_counted_and_changes_nothing_when_run_twice():
    counted = Product("TEAP1019", "Teapot", 12)
    products = Table({"TEAP1019": counted})

    for _ in range(2):
        seed_products(products)

    assert products.rows == {**PRODUCTS, "TEAP1019": counted}
