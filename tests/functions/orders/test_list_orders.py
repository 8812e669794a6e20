"""list_orders: pages of orders, newest first."""

from __future__ import annotations

import pytest

from functions.domain.record import OrderRecord
from functions.domain.state import OrderState
from functions.orders.list_orders import list_orders
from runtime import Reject, Table
from tests.functions.making import order

STATES = ["CREATED", "VALIDATED", "FAILED"]


def shop(count: int = 9) -> Table[OrderRecord]:
    orders = (
        order(f"o-{n}", customer=n % 2 or "c2", state=STATES[n % 3]) for n in range(1, count + 1)
    )
    return Table({each.id: OrderRecord.of(each) for each in orders})


def ids(page) -> list[str]:
    return [each.id for each in page.orders]


def test_the_newest_come_first():
    page = list_orders(shop(3))

    assert ids(page) == ["o-3", "o-2", "o-1"]
    assert page.after is None


def test_pages_follow_each_other_without_gap_or_repeat():
    orders, after, seen = shop(9), None, []
    for _ in range(5):
        page = list_orders(orders, limit=2, after=after)
        seen, after = [*seen, *ids(page)], page.after

    assert seen == [f"o-{n}" for n in range(9, 0, -1)]
    assert after is None


def test_a_state_chooses():
    assert ids(list_orders(shop(), state=OrderState.FAILED)) == ["o-8", "o-5", "o-2"]


@pytest.mark.parametrize(("customer", "first"), [("1", "o-9"), ("c2", "o-8"), ("c9", None)])
def test_a_customer_chooses_whether_its_id_is_a_number_or_text(customer, first):
    assert next(iter(ids(list_orders(shop(), customer_id=customer))), None) == first


def test_a_page_is_filled_with_orders_that_were_chosen():
    page = list_orders(shop(), state=OrderState.FAILED, limit=2)

    assert ids(page) == ["o-8", "o-5"]
    assert ids(list_orders(shop(), OrderState.FAILED, None, 2, page.after)) == ["o-2"]


def test_no_orders_are_an_empty_page():
    assert list_orders(Table({})).orders == []


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_limit_out_of_bounds_is_400(limit):
    with pytest.raises(Reject, match="limit is") as refused:
        list_orders(shop(), limit=limit)

    assert (refused.value.status, refused.value.field) == (400, "limit")
