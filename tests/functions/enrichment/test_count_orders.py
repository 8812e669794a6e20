"""count_orders: orders, not events, in windows of 30 s of event time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.domain.suspicion import OrderCounts, Suspect, Suspects
from functions.enrichment.count_orders import count_orders
from functions.enrichment.often import KEPT_SECONDS, Often
from runtime import Event, Table
from tests.functions.making import NOON, event, order
from tests.runtime.making import Shop, record


class Till:
    """The tables of the function, and orders that come in."""

    def __init__(self) -> None:
        self.windows: Table[OrderCounts] = Table({})
        self.suspects: Table[Suspects] = Table({})

    def order(self, id: str, seconds: float, customer: str | int = "c1", partition: int = 0):
        envelope: Event = event(seconds / 60)
        envelope.partition = partition
        placed = order(id, customer=customer)
        count_orders(placed, envelope, self.windows, self.suspects, Often())

    def found(self) -> dict[str, list[Suspect]]:
        return {key: page.latest for key, page in self.suspects.rows.items()}


@pytest.fixture
def till() -> Till:
    return Till()


def suspect(counts: int, seconds: float = 0, customer: str = "c1") -> Suspect:
    return Suspect(customer, counts, NOON + timedelta(seconds=seconds))


def test_a_third_order_in_one_window_makes_a_suspect(till):
    till.order("a", 0)
    till.order("b", 10)
    assert till.found() == {}

    till.order("c", 29.999)
    assert till.found() == {"0": [suspect(3)]}


def test_the_end_of_a_window_belongs_to_the_next(till):
    for id, seconds in (("a", 0), ("b", 29), ("c", 30), ("d", 59)):
        till.order(id, seconds)

    assert till.found() == {}


def test_an_order_counts_once_however_often_it_comes(till):
    for _ in range(3):
        till.order("a", 0)
        till.order("b", 1)

    assert till.found() == {}


def test_only_new_orders_of_somebody_count():
    wanted = count_orders.spec.when

    assert wanted(order())
    assert not wanted(order(customer=None))
    assert not any(wanted(order(state=state)) for state in ("VALIDATED", "FAILED", "SHIPPED"))


def test_customers_are_counted_apart_and_a_number_is_the_same_as_its_text(till):
    till.order("a", 0, customer=5)
    till.order("b", 1, customer="5")
    till.order("c", 2, customer="6")
    till.order("d", 3, customer=5)

    assert till.found() == {"0": [suspect(3, customer="5")]}


def test_a_late_order_counts_in_the_window_it_falls_into(till):
    for id, seconds in (("a", 0), ("b", 1), ("z", 600), ("c", 2)):
        till.order(id, seconds)

    assert till.found() == {"0": [suspect(3)]}


def test_an_order_later_than_24_windows_is_not_counted(till):
    for id, seconds in (("a", 0), ("b", 1), ("z", 25 * 30), ("c", 2), ("d", 3), ("e", 4)):
        till.order(id, seconds)

    assert till.found() == {}
    [window] = till.windows.get("c1").open
    assert window.orders == ["z"]


def test_partitions_write_pages_of_their_own(till):
    for id, partition in (("a", 0), ("b", 1), ("c", 2), ("d", 5)):
        till.order(id, 0, partition=partition)

    assert till.found() == {"2": [suspect(3)], "1": [suspect(4)]}


def test_a_restart_amid_a_window_and_a_second_delivery_change_no_count():
    shop = Shop(count_orders)
    for offset in range(3):
        value = f'{{"id": "o-{offset}", "customerId": "c1", "product": "A", "quantity": 1}}'
        shop.deliver(record(offset, value.encode()))
        shop.restart()
        shop.deliver(record(offset, value.encode()))

    assert shop.row("windows/c1")["open"][0]["counts"] == 3
    assert [each["counts"] for each in shop.row("suspects/0")["latest"]] == [3]
    assert shop.letters == []


def test_nothing_is_left_a_week_after_the_last_order():
    shop = Shop(count_orders)
    for offset in range(3):
        value = f'{{"id": "o-{offset}", "customerId": "c1", "product": "A", "quantity": 1}}'
        shop.deliver(record(offset, value.encode()))
    assert {"windows/c1", "suspects/0"} <= shop.sidecar.rows.keys()

    shop.clock.advance(KEPT_SECONDS)

    assert {key.partition("/")[0] for key in shop.sidecar.rows} <= {"progress"}


def test_limit_and_window_are_settings():
    often = Often.open({"SLUICE_OFTEN_ORDERS": "5", "SLUICE_OFTEN_SECONDS": "60"})

    assert (often.orders, often.windows.size) == (5, timedelta(minutes=1))
    with pytest.raises(ValueError, match="SLUICE_OFTEN_SECONDS"):
        Often.open({"SLUICE_OFTEN_SECONDS": "0"})
