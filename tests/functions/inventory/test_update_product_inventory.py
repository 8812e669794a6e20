"""update_product_inventory: an absolute count, or everything that is wrong with the message."""

from __future__ import annotations

import pytest

from functions.domain.product import Product
from functions.domain.stock import StockLevel
from functions.inventory.seeds import PRODUCTS
from functions.inventory.update_product_inventory import (
    Unreadable,
    codes,
    update_product_inventory,
)
from runtime import Reject, Table
from tests.functions.making import event

TEAPOTS = b'{"product_code": "TEAP1019", "inventory_count": 12}'


def test_sets_the_count_and_tells_the_warehouse():
    products = Table({})

    told = update_product_inventory(TEAPOTS, event(), products)

    assert told == StockLevel("TEAP1019", 12)
    assert products.get("TEAP1019") == Product("TEAP1019", "Teapot", 12, event().time)


def test_a_count_is_absolute():
    products = Table({"TEAP1019": Product("TEAP1019", "Teapot", 99, event().time)})

    update_product_inventory(TEAPOTS, event(1), products)

    assert products.get("TEAP1019").count == 12


def test_changes_nothing_more_when_delivered_twice():
    products = Table({})
    first = update_product_inventory(TEAPOTS, event(), products)
    once = dict(products.rows)

    assert update_product_inventory(TEAPOTS, event(), products) == first
    assert products.rows == once


def test_an_earlier_count_that_comes_later_changes_nothing():
    products = Table({})
    update_product_inventory(TEAPOTS, event(1), products)
    late = TEAPOTS.replace(b"12", b"3")

    assert update_product_inventory(late, event(0), products) is None
    assert products.get("TEAP1019").count == 12


def test_a_product_of_the_table_need_not_be_a_seeded_one():
    products = Table({"XMAS0001": Product("XMAS0001", "Star")})

    update_product_inventory(TEAPOTS.replace(b"TEAP1019", b"XMAS0001"), event(), products)

    assert products.get("XMAS0001").count == 12


def test_rejects_a_message_with_all_that_is_wrong_with_it():
    wrong = b'{"product_code": "XXXX0000", "inventory_count": -1}'
    products = Table({})

    with pytest.raises(Reject) as rejected:
        update_product_inventory(wrong, event(), products)

    assert str(rejected.value) == (
        "Product code XXXX0000 does not exist, Inventory count must be greater than or equal to 0"
    )
    assert products.rows == {}


UNREADABLE = {
    "not JSON": b"product_code=TEAP1019",
    "not UTF-8": b"\xff\xfe",
    "nothing": b"",
    "a list": b"[]",
    "null": b"null",
    "an unknown attribute": b'{"product_code": "TEAP1019", "inventory_count": 1, "colour": "red"}',
    "an attribute twice": b'{"product_code": "TEAP1019", "product_code": "MUGS1014"}',
}


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE)
def test_a_message_that_cannot_be_read_may_be_readable_later(raw):
    with pytest.raises(Unreadable, match="cannot be read"):
        update_product_inventory(raw, event(), Table({}))

    assert codes(raw) == []


def test_names_the_row_that_it_needs_beforehand():
    assert codes(TEAPOTS) == ["TEAP1019"]
    assert codes(b'{"product_code": "no code", "inventory_count": 1}') == []


def test_retries_twice_with_growing_pauses():
    retries = update_product_inventory.spec.retries

    assert (retries.attempts, retries.later_seconds) == (1, (2, 10))


def test_the_twenty_products_have_codes_of_four_letters_and_four_digits():
    assert len(PRODUCTS) == 20
    for code, product in PRODUCTS.items():
        assert (product.code, code[:4].isalpha(), code[4:].isdigit(), len(code)) == (
            code,
            True,
            True,
            8,
        )
