"""set_stock: levels are absolute."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from functions.domain.stock import Stock, StockLevel
from functions.inventory.set_stock import set_stock
from runtime import Reject, Table
from tests.functions.making import event


def test_a_number_is_the_level_of_the_product_in_the_key():
    stock = Table({})

    set_stock(Decimal(75), event(key="UNDERPANTS"), stock)

    assert stock.rows == {"UNDERPANTS": Stock(75)}


@pytest.mark.parametrize("key", [None, "", "UNDERPANTS", "whatever"])
def test_an_object_names_its_product_itself(key):
    stock = Table({})

    set_stock(StockLevel("UNDERPANTS", 75), event(key=key), stock)

    assert stock.rows == {"UNDERPANTS": Stock(75)}


def test_a_level_replaces_the_one_before_and_leaves_reservations_alone():
    stock = Table({"JUMPERS": Stock(5).reserve("o-1", 3)})

    set_stock(Decimal(2), event(key="JUMPERS"), stock)

    assert stock.get("JUMPERS") == Stock(2, 3, {"o-1": 3})


def test_changes_nothing_when_delivered_twice():
    stock = Table({})

    for _ in range(2):
        set_stock(Decimal(5), event(key="JUMPERS"), stock)

    assert stock.rows == {"JUMPERS": Stock(5)}


def test_names_the_row_it_will_read():
    reads = set_stock.spec.reads["stock"]

    assert list(reads(Decimal(5), event(key="JUMPERS"))) == ["JUMPERS"]
    assert list(reads(StockLevel("UNDERPANTS", 5), event(key="JUMPERS"))) == ["UNDERPANTS"]
    assert list(reads(Decimal(5), event(key=None))) == []


@pytest.mark.parametrize("level", ["0", "7.0", "1E+3", "9007199254740991"])
def test_a_whole_number_is_a_level_however_it_is_written(level):
    stock = Table({})

    set_stock(Decimal(level), event(key="JUMPERS"), stock)

    assert stock.get("JUMPERS").level == Decimal(level)


@pytest.mark.parametrize("level", ["-1", "0.5", "9007199254740992", "1E+400", "NaN", "Infinity"])
def test_any_other_level_is_rejected(level):
    with pytest.raises(Reject, match="'JUMPERS'"):
        set_stock(Decimal(level), event(key="JUMPERS"), Table({}))


@pytest.mark.parametrize("key", [None, "", " "])
def test_a_level_without_a_product_is_rejected(key):
    with pytest.raises(Reject, match="names no product"):
        set_stock(Decimal(5), event(key=key), Table({}))


@pytest.mark.parametrize(
    ("raw", "counted"),
    [
        (b"75", Decimal(75)),
        (b'{"product":"JUMPERS","level":3}', StockLevel("JUMPERS", 3)),
    ],
)
def test_both_forms_are_read(raw, counted):
    assert msgspec.json.decode(raw, type=set_stock.spec.data_type) == counted


@pytest.mark.parametrize(
    "raw", [b"null", b"[]", b"true", b"{}", b'{"product":"","level":1}', b'{"product":"A"}']
)
def test_anything_else_is_not(raw):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(raw, type=set_stock.spec.data_type)
