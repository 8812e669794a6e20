"""Stock: levels, reservations, and what an order that is over leaves behind."""

from __future__ import annotations

import pytest

from functions.domain.stock import CLOSED_KEPT, Stock


def test_reserving_lowers_what_is_free():
    stock = Stock(level=5).reserve("o-1", 3)

    assert (stock.level, stock.reserved, stock.free) == (5, 3, 2)


@pytest.mark.parametrize(("quantity", "covered"), [(2, True), (3, False), (0, True), (-9, True)])
def test_free_stock_covers_up_to_its_last_piece(quantity, covered):
    stock = Stock(level=5).reserve("o-1", 3)

    assert stock.covers(quantity) is covered


def test_reserving_twice_for_one_order_reserves_once():
    stock = Stock(level=5).reserve("o-1", 3)

    assert stock.reserve("o-1", 2) == stock


@pytest.mark.parametrize("quantity", [0, -4])
def test_only_a_positive_quantity_changes_a_reservation(quantity):
    assert Stock(level=5).reserve("o-1", quantity) == Stock(level=5)


def test_a_level_is_absolute_and_leaves_reservations_alone():
    stock = Stock(level=5).reserve("o-1", 3).counted(2)

    assert (stock.level, stock.reserved, stock.free) == (2, 3, -1)


def test_an_order_gives_back_exactly_what_it_holds():
    stock = Stock(level=5).reserve("o-1", 3).reserve("o-2", 1).release("o-1")

    assert (stock.level, stock.reserved, stock.orders) == (5, 1, {"o-2": 1})


def test_giving_back_twice_gives_back_once():
    stock = Stock(level=5).reserve("o-1", 3).release("o-1")

    assert stock.release("o-1") == stock


def test_a_shipment_lowers_level_and_reservation():
    stock = Stock(level=5).reserve("o-1", 3).ship("o-1")

    assert (stock.level, stock.reserved, stock.orders) == (2, 0, {})


def test_shipping_twice_ships_once():
    stock = Stock(level=5).reserve("o-1", 3).ship("o-1")

    assert stock.ship("o-1") == stock


def test_an_order_without_a_reservation_changes_no_number():
    stock = Stock(level=5).reserve("o-1", 3)

    assert stock.release("o-9").orders == stock.ship("o-9").orders == {"o-1": 3}
    assert stock.ship("o-9").level == 5


def test_nothing_is_reserved_for_an_order_that_is_over():
    stock = Stock(level=5).release("o-1")

    assert stock.reserve("o-1", 3).reserved == 0


def test_only_the_latest_orders_that_are_over_are_remembered():
    stock = Stock(level=5)
    for number in range(CLOSED_KEPT + 5):
        stock = stock.release(f"o-{number}")

    assert stock.closed == tuple(f"o-{number}" for number in range(5, CLOSED_KEPT + 5))
