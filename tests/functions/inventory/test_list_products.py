"""list_products: every product by its code, page by page."""

from __future__ import annotations

import pytest

from functions.domain.product import Product
from functions.inventory.list_products import CODES, list_products
from runtime import Reject, Table, wire

COUNTED = Product("APRN1001", "Apron", 7)


def codes(after: str | None, limit: int = 8) -> tuple[list[str], str | None]:
    page = list_products(Table({}), limit, after)
    return [product.code for product in page.products], page.after


def test_answers_all_products_with_what_was_counted():
    page = list_products(Table({COUNTED.code: COUNTED}))

    assert [product.code for product in page.products] == CODES
    assert (page.products[0], page.products[1].count, page.after) == (COUNTED, None, None)


def test_pages_follow_each_other_and_the_last_has_no_mark():
    first, second = codes(None), codes(CODES[7])

    assert first == (CODES[:8], CODES[7])
    assert second == (CODES[8:16], CODES[15])
    assert codes(CODES[15]) == (CODES[16:], None)


def test_a_mark_need_not_be_a_code():
    assert codes("zzz") == ([], None)


@pytest.mark.parametrize("limit", [0, 501])
def test_a_limit_out_of_bounds_is_400(limit):
    with pytest.raises(Reject, match="expected a number from 1 to 500"):
        list_products(Table({}), limit)


def test_says_nothing_of_a_count_that_never_was():
    page = list_products(Table({COUNTED.code: COUNTED}), limit=2)

    assert wire.encode(page) == (
        b'{"products":[{"code":"APRN1001","name":"Apron","count":7},'
        b'{"code":"BASK1002","name":"Basket"}],"after":"BASK1002"}'
    )
