"""A product update: everything that is wrong with it, in the legacy system's words."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from functions.domain.product import HIGHEST_COUNT, Product, ProductUpdate
from tests.functions.making import NOON

BLANK_CODE = "Product code can't be blank"
BLANK_COUNT = "Inventory count can't be blank"
NO_NUMBER = "Inventory count is not a number"
NO_INTEGER = "Inventory count must be an integer"
NEGATIVE = "Inventory count must be greater than or equal to 0"


def problems(code: str, count: str) -> list[str]:
    raw = f'{{"product_code": {code}, "inventory_count": {count}}}'.encode()
    update = msgspec.json.decode(raw, type=ProductUpdate)
    return update.problems({"ABCD1234"}.__contains__)


@pytest.mark.parametrize("count", ["0", "12", "12.0", "1e3", str(HIGHEST_COUNT)])
def test_a_whole_number_from_0_is_a_count_however_it_is_written(count):
    assert problems('"ABCD1234"', count) == []


@pytest.mark.parametrize(
    ("count", "wrong"),
    [
        ("null", [BLANK_COUNT]),
        ('""', [BLANK_COUNT]),
        ('" "', [BLANK_COUNT]),
        ('"12"', [NO_NUMBER]),
        ("true", [NO_NUMBER]),
        ("[12]", [NO_NUMBER]),
        ("{}", [NO_NUMBER]),
        ("1.5", [NO_INTEGER]),
        ("1e-400", [NO_INTEGER]),
        ("-1", [NEGATIVE]),
        ("-1.5", [NO_INTEGER, NEGATIVE]),
        (
            "9007199254740992",
            ["Inventory count must be less than or equal to 9007199254740991"],
        ),
    ],
)
def test_any_other_count_is_wrong(count, wrong):
    assert problems('"ABCD1234"', count) == wrong


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("null", BLANK_CODE),
        ('""', BLANK_CODE),
        ('"  "', BLANK_CODE),
        ('"ABCD9999"', "Product code ABCD9999 does not exist"),
        ('"abcd1234"', "Product code abcd1234 does not exist"),
        ('" ABCD1234"', "Product code  ABCD1234 does not exist"),
        ('"ABCD\\u0000234"', "Product code ABCD\x00234 does not exist"),
        ("1234", "Product code 1234 does not exist"),
        ('["ABCD1234"]', 'Product code ["ABCD1234"] does not exist'),
    ],
)
def test_a_code_that_nobody_knows_is_wrong(code, wrong):
    assert problems(code, "1") == [wrong]


def test_all_that_is_wrong_is_said_together():
    assert problems('"XXXX0000"', "-0.5") == [
        "Product code XXXX0000 does not exist",
        NO_INTEGER,
        NEGATIVE,
    ]


def test_what_is_missing_is_blank():
    assert ProductUpdate().problems(lambda code: True) == [BLANK_CODE, BLANK_COUNT]


def test_an_attribute_that_nobody_knows_is_no_update():
    with pytest.raises(msgspec.ValidationError, match="unknown field `price`"):
        msgspec.json.decode(b'{"product_code":"ABCD1234","price":1}', type=ProductUpdate)


def test_a_count_is_kept_exactly():
    raw = b'{"product_code":"ABCD1234","inventory_count":9007199254740991.0}'

    assert msgspec.json.decode(raw, type=ProductUpdate).count == 2**53 - 1


def test_the_count_with_the_latest_event_time_stands():
    product = Product("ABCD1234", "Thing").counted(5, NOON)

    assert product.counted(6, NOON).count == 6
    assert product.counted(6, NOON - timedelta(microseconds=1)) is product
