"""Suspicions: the latest against each customer, and no more than are kept."""

from __future__ import annotations

from datetime import timedelta

from functions.domain.suspicion import (
    COUNTED_KEPT,
    SUSPECTS_KEPT,
    OrderCount,
    Suspect,
    Suspects,
    ranked,
)
from tests.functions.making import NOON


def suspect(customer: str, counts: int = 3, minutes: int = 0) -> Suspect:
    return Suspect(customer, counts, NOON + timedelta(minutes=minutes))


def test_an_order_counts_once():
    window = OrderCount(NOON)

    assert [window.add(id) for id in ("a", "b", "a", "c")] == [1, 2, 2, 3]


def test_a_window_counts_more_orders_than_it_remembers():
    window = OrderCount(NOON)
    for number in range(COUNTED_KEPT + 10):
        window.add(str(number))

    assert (window.counts, len(window.orders)) == (COUNTED_KEPT + 10, COUNTED_KEPT)


def test_of_each_customer_the_latest_window_stands_and_in_it_the_highest_count():
    found = ranked([suspect("a", 3), suspect("a", 4), suspect("a", 9, -1), suspect("b", 3, 1)])

    assert found == [suspect("b", 3, 1), suspect("a", 4)]


def test_a_page_keeps_the_latest_suspects():
    page = Suspects()
    for number in range(SUSPECTS_KEPT + 1):
        page.note(suspect(str(number), minutes=number))

    assert len(page.latest) == SUSPECTS_KEPT
    assert page.latest[0].customer_id == str(SUSPECTS_KEPT)
    assert "0" not in {each.customer_id for each in page.latest}
