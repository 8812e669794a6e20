"""The newest open orders stand in the product's row, older ones on pages."""

from __future__ import annotations

import pytest

from functions.domain.stock import Stock
from functions.inventory import reservations
from functions.inventory.reservations import PAGE, bring_back, holds, put_away
from functions.inventory.validate_inventory import validate_inventory
from runtime import Table
from tests.functions.making import order

MANY = 10 * PAGE


def full(count: int = MANY) -> tuple[Table[Stock], Table[dict[str, int]]]:
    stock, reserved = Table({"JUMPERS": Stock(level=10_000)}), Table()
    for number in range(count):
        validate_inventory(order(f"o-{number}"), stock, reserved)
    return stock, reserved


def test_a_row_with_few_orders_stays_as_it_is():
    item = Stock(level=10, reserved=1, orders={"o-1": 1})
    reserved: Table[dict[str, int]] = Table()

    assert put_away("JUMPERS", item, reserved) is item
    assert reserved.rows == {}


def test_a_row_names_few_orders_however_many_are_open():
    stock, reserved = full(MANY + 1)
    row = stock.get("JUMPERS")

    assert row.reserved == MANY + 1
    assert row.orders == {f"o-{MANY}": 1}
    assert [len(page) for page in reserved.rows.values()] == [PAGE] * len(row.pages)


@pytest.mark.parametrize("more", [1, 2, PAGE - 1])
def test_an_order_among_the_newest_reserves_once_when_it_comes_again(more: int):
    stock, reserved = full(MANY + more)
    for number in range(MANY + more - PAGE, MANY + more):
        validate_inventory(order(f"o-{number}"), stock, reserved)

    assert stock.get("JUMPERS").reserved == MANY + more


def test_an_order_that_only_has_the_trace_of_another_is_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reservations, "_trace", lambda order_id: b"same")
    stock, reserved = full(PAGE)

    assert not holds("JUMPERS", stock.get("JUMPERS"), "somebody-else", reserved)
    assert holds("JUMPERS", stock.get("JUMPERS"), "o-0", reserved)


def test_a_page_is_read_only_for_an_order_that_may_be_on_it():
    stock, reserved = full(PAGE)
    validate_inventory(order("o-0", state="FAILED"), stock, reserved)

    assert not holds("JUMPERS", stock.get("JUMPERS"), "o-0", reserved)
    assert not holds("JUMPERS", stock.get("JUMPERS"), "somebody-else", Table())


def test_an_order_on_a_page_is_shipped_like_any_other():
    stock, reserved = full()
    before = reserved.rows["JUMPERS/1"]
    for _ in range(2):
        validate_inventory(order("o-5", state="SHIPPED"), stock, reserved)
    row = stock.get("JUMPERS")

    assert (row.level, row.reserved) == (9_999, MANY - 1)
    assert reserved.rows["JUMPERS/1"] == {id: held for id, held in before.items() if id != "o-5"}


def test_a_page_without_open_orders_is_gone():
    stock, reserved = full()
    pages = stock.get("JUMPERS").pages
    for number in range(PAGE):
        validate_inventory(order(f"o-{number}", state="FAILED"), stock, reserved)

    assert stock.get("JUMPERS").pages == pages[1:]
    assert "JUMPERS/1" not in reserved.rows
    assert stock.get("JUMPERS").reserved == MANY - PAGE


def test_the_next_page_takes_no_number_that_is_in_use():
    reserved: Table[dict[str, int]] = Table()
    orders = {f"o-{number}": 1 for number in range(PAGE)}
    item = put_away("JUMPERS", Stock(10_000, PAGE, orders, (), (2, 7)), reserved)

    assert item.pages == (2, 7, 8)


def test_an_order_that_holds_nothing_leaves_the_pages_alone():
    stock, reserved = full()
    row, pages = stock.get("JUMPERS"), dict(reserved.rows)

    assert bring_back("JUMPERS", row, "somebody-else", reserved) is row
    assert reserved.rows == pages
