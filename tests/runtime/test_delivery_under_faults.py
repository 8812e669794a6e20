"""Whatever fails, whenever: every good event counts once, every bad one is one dead letter."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import Retries, Table, function
from runtime.errors import PlatformDown
from runtime.record import Record
from runtime.sidecars.base import ANY, Write
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import Meddled, Sale, Shelf, Shop, Trouble, sale


class Sold(msgspec.Struct):
    """A shelf after a sale."""

    product: str


@function(
    subscribes="sales", publishes="sold", batch=3, retries=Retries(first_seconds=0, most_seconds=0)
)
def count(sale: Sale, shelves: Table[Shelf], trouble: Trouble) -> Sold:
    """Count a sale; one of poison always fails, after it has changed the row."""
    with shelves.edit("all", Shelf) as shelf:
        shelf.sold += 1
    if sale.product == "poison":
        raise ValueError("poison")
    return Sold(sale.product)


@function(subscribes="sales", batch=3, retries=Retries(first_seconds=0, most_seconds=0))
def count_all(sales: list[Sale], shelves: Table[Shelf]) -> None:
    """The same, called with all there are; it has counted the others when poison fails it."""
    for each in sales:
        with shelves.edit("all", Shelf) as shelf:
            shelf.sold += 1
        if each.product == "poison":
            raise ValueError("poison")


#: What happens before a delivery.
FAULTS = st.sampled_from(
    [
        "nothing",
        "get fails",
        "transact fails",
        "transact is done but not answered",
        "publish fails",
        "publish is done but not answered",
        "killed before",
        "killed between",
        "a replica was faster",
        "a row has changed",
        "the batch before comes again",
    ]
)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["socks", "hats", "poison"]), st.integers(0, 12)), max_size=12
)


class World:
    """Kafka, as one function sees it: what was not answered comes again."""

    def __init__(self, *, publishes_in_transaction: bool, function: Any = count) -> None:
        sidecar = Meddled(publishes_in_transaction=publishes_in_transaction)
        self.shop = Shop(function, sidecar)
        self.sidecar = sidecar
        self.log: list[Record] = []
        self.changed = 0

    def deliver(self, events: list[tuple[str, int]], fault: str) -> None:
        """Append the events and deliver them until they are answered."""
        start = len(self.log)
        for product, id in events:
            self.log.append(sale(len(self.log), product, id=f"{product}-{id}"))
        if fault == "the batch before comes again":
            start = max(0, start - 4)
        self._arm(fault, self.log[start:])
        answered = False
        while not answered:
            try:
                self.shop.deliver(*self.log[start:])
                answered = True
            except PlatformDown:
                if fault == "killed between":
                    self.shop.restart()
        self._calm()

    def _calm(self) -> None:
        """Forget the faults that met nobody."""
        self.sidecar.meddlers = []
        for act in (self.sidecar.get, self.sidecar.transact, self.sidecar.publish):
            with suppress(PlatformDown):
                act([])  # type: ignore[operator]

    def _arm(self, fault: str, records: list[Record]) -> None:
        down = PlatformDown("gone")
        match fault:
            case "get fails":
                self.sidecar.fail_next("get", down)
            case "transact fails" | "killed between":
                self.sidecar.fail_next("transact", down)
            case "transact is done but not answered":
                self.sidecar.fail_next("transact", down, after=True)
            case "publish fails":
                self.sidecar.fail_next("publish", down)
            case "publish is done but not answered":
                self.sidecar.fail_next("publish", down, after=True)
            case "killed before":
                self.shop.restart()
            case "a replica was faster":
                self.sidecar.meddlers = [lambda: self.shop.another_process().deliver(records)]
            case "a row has changed":
                self.sidecar.meddlers = [self._change]

    def _change(self) -> None:
        """Somebody else counts a sale too."""
        stored = self.sidecar.get(["shelves/all"]).get("shelves/all")
        row = msgspec.json.decode(stored.value) if stored else {"sold": 0}
        row["sold"] += 1
        write = Write("shelves/all", msgspec.json.encode(row), ANY)
        RecordingSidecar.transact(self.sidecar, [write])
        self.changed += 1

    def ids(self, *, poison: bool) -> set[str]:
        envelopes: list[Any] = [msgspec.json.decode(record.value) for record in self.log]
        return {e["id"] for e in envelopes if (e["data"]["product"] == "poison") is poison}


@pytest.mark.parametrize("atomic", [True, False], ids=["in the transaction", "after it"])
@settings(deadline=None)  # a busy machine is no failure
@given(steps=st.lists(st.tuples(EVENTS, FAULTS), max_size=8))
def test_nothing_is_lost_and_nothing_is_done_twice(
    atomic: bool, steps: list[tuple[list[tuple[str, int]], str]]
) -> None:
    world = World(publishes_in_transaction=atomic)
    for events, fault in steps:
        world.deliver(events, fault)
    world.deliver([("socks", 99)], "killed before")

    good, bad = world.ids(poison=False), world.ids(poison=True)
    assert world.shop.sold("all") - world.changed == len(good)
    assert Counter(Counter(o["id"] for o in world.shop.outputs).values()) == {1: len(good)}
    assert sorted(reason.event_id for reason in world.shop.reasons) == sorted(bad)


@pytest.mark.parametrize("atomic", [True, False], ids=["in the transaction", "after it"])
@settings(deadline=None)
@given(steps=st.lists(st.tuples(EVENTS, FAULTS), max_size=8))
def test_nor_is_it_by_a_function_that_takes_a_list(
    atomic: bool, steps: list[tuple[list[tuple[str, int]], str]]
) -> None:
    world = World(publishes_in_transaction=atomic, function=count_all)
    for events, fault in steps:
        world.deliver(events, fault)
    world.deliver([("socks", 99)], "killed before")

    assert world.shop.sold("all") - world.changed == len(world.ids(poison=False))
    assert sorted(r.event_id for r in world.shop.reasons) == sorted(world.ids(poison=True))
