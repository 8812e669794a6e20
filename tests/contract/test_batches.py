"""Functions that take a list of events: the same fates on every platform."""

from __future__ import annotations

from runtime import Reject, Retries, Table, function
from runtime.delivery import Consumer
from tests.runtime.making import Sale, Shelf, sale

CALLS: list[list[str]] = []


@function(subscribes="sales", retries=Retries(first_seconds=0, later_seconds=()))
def tally(sales: list[Sale], shelves: Table[Shelf]) -> None:
    CALLS.append([each.product for each in sales])
    for each in sales:
        with shelves.edit(each.product, Shelf) as shelf:
            shelf.sold += each.pieces
    if any(each.product == "bad" for each in sales):
        raise Reject("It is bad.")


def deliver(platform, *products: str) -> list[list[str]]:
    """Deliver to a process that knows nothing but what is in the store; return the calls."""
    CALLS.clear()
    records = [sale(offset, product) for offset, product in enumerate(products)]
    Consumer(tally.spec, platform.sidecar).deliver(records)
    return list(CALLS)


def test_one_call_and_one_effect_however_often_they_are_delivered(platform):
    assert deliver(platform, "a", "b", "a") == [["a", "b", "a"]]
    assert deliver(platform, "a", "b", "a") == []

    assert b'"sold":2' in platform.sidecar.get(["shelves/a"])["shelves/a"].value


def test_the_bad_one_alone_is_a_dead_letter_and_leaves_no_row(platform):
    deliver(platform, "a", "bad", "b")

    assert len(platform.published(tally.spec.dead_letter_topic)) == 1
    assert set(platform.sidecar.get(["shelves/a", "shelves/bad", "shelves/b"])) == {
        "shelves/a",
        "shelves/b",
    }
