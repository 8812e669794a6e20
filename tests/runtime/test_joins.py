"""A stream and a table: the row as it is at that moment, and events whose row is missing."""

from __future__ import annotations

import msgspec
import pytest

from runtime import Table, function
from runtime.joins import TableJoin, Unmatched
from tests.runtime.making import Sale, Shelf, Shop, sale

SHELVES = TableJoin("product", topic="products")


@function(subscribes="sales", publishes="sold", reads={"shelves": lambda sale: [sale.product]})
def join(sale: Sale, shelves: Table[Shelf]) -> Sale:
    """Tell how many had been sold before."""
    return Sale(sale.product, SHELVES.row(shelves, sale.product, "the sale").sold)


@pytest.fixture
def shop() -> Shop:
    return Shop(join, retry_seconds="5,30")


def stocked(shop: Shop, product: str, sold: int) -> None:
    from runtime.sidecars.base import ANY, Write

    row = msgspec.json.encode(Shelf(sold))
    shop.sidecar.transact([Write(f"shelves/{product}", row, ANY)])


def joined(shop: Shop) -> list[tuple[str, int]]:
    return [(out["data"]["product"], out["data"]["pieces"]) for out in shop.outputs]


def test_an_event_gets_the_row_as_it_is_then() -> None:
    shelves = Table({"socks": Shelf(3)})

    assert join(Sale("socks"), shelves) == Sale("socks", 3)


def test_a_row_that_changes_later_changes_no_event_that_was_joined(shop: Shop) -> None:
    stocked(shop, "socks", 1)
    shop.deliver(sale(0))
    stocked(shop, "socks", 2)
    shop.deliver(sale(1))

    assert joined(shop) == [("socks", 1), ("socks", 2)]


def test_a_row_older_or_younger_than_the_event_counts_alike(shop: Shop) -> None:
    stocked(shop, "socks", 1)

    shop.deliver(sale(0, time="1999-01-01T00:00:00Z"), sale(1, time="2999-01-01T00:00:00Z"))

    assert joined(shop) == [("socks", 1), ("socks", 1)]


def test_an_event_without_a_row_says_what_is_missing() -> None:
    with pytest.raises(Unmatched, match="The product 'socks' of the sale is not known"):
        join(Sale("socks"), Table({}))


def test_it_waits_for_its_row_and_holds_up_nobody(shop: Shop) -> None:
    stocked(shop, "hats", 7)
    shop.deliver(sale(0), sale(1, "hats"))

    assert joined(shop) == [("hats", 7)]

    stocked(shop, "socks", 9)
    shop.restart()
    shop.pass_time(7)

    assert joined(shop) == [("hats", 7), ("socks", 9)]
    assert shop.letters == []


def test_a_row_that_never_comes_makes_a_dead_letter_that_can_be_replayed(shop: Shop) -> None:
    shop.deliver(sale(0))
    shop.pass_time(60)
    [letter] = shop.letters
    assert [reason.error for reason in shop.reasons] == ["Unmatched"]

    stocked(shop, "socks", 4)
    shop.replay(letter, offset=99)

    assert joined(shop) == [("socks", 4)]
