"""While one unit of work is written, the next one is worked on, as if that one were done."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

import msgspec
import pytest

from runtime import Table, function, metrics
from runtime.errors import Conflict, PlatformDown
from runtime.record import Message, Record
from runtime.sidecars.base import Write
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import Sale, Shelf, Shop, sale
from tests.waiting import wait_until

PATIENCE_SECONDS = 10.0


class Sold(msgspec.Struct):
    """A shelf after a sale."""

    product: str
    sold: int


@function(subscribes="sales", publishes="sold", reads={"shelves": lambda sale: [sale.product]})
def tally(sale: Sale, shelves: Table[Shelf]) -> Sold:
    """Count what was sold."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += sale.pieces
    return Sold(sale.product, shelf.sold)


@function(subscribes="sales", publishes="sold")
def tally_unforeseen(sale: Sale, shelves: Table[Shelf]) -> Sold:
    """The same, and nobody knows beforehand which row it asks for."""
    return tally.spec.call(sale=sale, shelves=shelves)


class SlowStore(RecordingSidecar):
    """A platform like Dapr's, which does not write the units of some partitions until it is let."""

    def __init__(self, *slow: int) -> None:
        super().__init__(publishes_in_transaction=False)
        self.writing: list[int] = []
        self.writes = {partition: threading.Event() for partition in slow}

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        [partition] = [int(w.key[-1]) for w in writes if w.key.startswith("progress/")]
        self.writing.append(partition)
        if partition in self.writes:
            assert self.writes[partition].wait(PATIENCE_SECONDS)
        super().transact(writes, messages)


@pytest.fixture
def store() -> SlowStore:
    return SlowStore(0)


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as threads:
        yield threads


def waiting(shop: Shop) -> int:
    return len(shop.consumer._claims._ended._waiters)  # type: ignore[attr-defined]


def begun(beside: ThreadPoolExecutor, shop: Shop, store: SlowStore) -> Future[None]:
    """A sale of socks on partition 0 that is being written, and not yet done."""
    unit = beside.submit(shop.deliver, sale(0))
    wait_until(lambda: store.writing == [0])
    return unit


def finished(store: SlowStore, *units: Future[None]) -> None:
    store.writes[0].set()
    for unit in units:
        unit.result(PATIENCE_SECONDS)


def reruns(shop: Shop) -> float:
    return float(metrics.RERUNS.labels(shop.spec.id)._value.get())


def test_one_of_other_rows_is_written_and_published_meanwhile(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally, store)
    first = begun(beside, shop, store)
    shop.deliver(sale(0, "hats", id="hats", partition=1))

    assert [output["data"] for output in shop.outputs] == [{"product": "hats", "sold": 1}]
    assert not first.done()
    finished(store, first)
    assert (shop.sold(), shop.sold("hats")) == (1, 1)


@pytest.mark.parametrize("counting", [tally, tally_unforeseen])
def test_one_of_the_same_row_waits_and_counts_on_from_there(
    store: SlowStore, beside: ThreadPoolExecutor, counting: object
) -> None:
    shop = Shop(counting, store)
    before = reruns(shop)
    first = begun(beside, shop, store)
    second = beside.submit(shop.deliver, sale(0, id="more", partition=1))
    wait_until(lambda: waiting(shop) == 1)
    finished(store, first, second)

    assert [output["data"]["sold"] for output in shop.outputs] == [1, 2]
    assert reruns(shop) == before


def test_an_event_that_comes_on_another_partition_meanwhile_counts_once(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally, store)
    first = begun(beside, shop, store)
    # The same id and another row: nothing but the id says that it is the same event.
    again = beside.submit(shop.deliver, sale(7, "hats", id="sale-0", partition=1))
    wait_until(lambda: waiting(shop) == 1)
    finished(store, first, again)

    assert (shop.sold(), shop.sold("hats")) == (1, 0)


def test_a_partition_that_comes_again_meanwhile_counts_once(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally, store)
    before = reruns(shop)
    first = begun(beside, shop, store)
    again = beside.submit(shop.deliver, sale(0), sale(1, "hats"))
    wait_until(lambda: waiting(shop) == 1)
    finished(store, first, again)

    assert (shop.sold(), shop.sold("hats"), reruns(shop)) == (1, 1, before)


def test_who_waited_for_one_that_fails_begins_with_what_is_there(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally, store)
    first = begun(beside, shop, store)
    second = beside.submit(shop.deliver, sale(0, pieces=5, id="more", partition=1))
    wait_until(lambda: waiting(shop) == 1)
    store.fail_next("transact", PlatformDown("The store is away."))
    store.writes[0].set()

    with pytest.raises(PlatformDown):
        first.result(PATIENCE_SECONDS)
    second.result(PATIENCE_SECONDS)
    assert shop.sold() == 5
    shop.deliver(sale(0))
    assert shop.sold() == 6


def test_one_that_loses_its_row_to_a_replica_runs_again_behind_who_waited_for_it(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally, store)
    first = begun(beside, shop, store)
    second = beside.submit(shop.deliver, sale(0, pieces=5, id="more", partition=1))
    wait_until(lambda: waiting(shop) == 1)
    store.fail_next("transact", Conflict("A replica was faster."))
    finished(store, first, second)

    assert shop.sold() == 6
    assert sorted(output["data"]["sold"] for output in shop.outputs) == [5, 6]


class Unsteady(RecordingSidecar):
    """A platform like Dapr's: a tenth of the transactions are a Conflict, and some calls fail."""

    def __init__(self, dice: random.Random, failing: float) -> None:
        super().__init__(publishes_in_transaction=False)
        self._dice, self._failing = dice, failing

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        if self._dice.random() < 0.1:
            raise Conflict("A replica was faster.")
        super().transact(writes, messages)
        self._may_fail()

    def publish(self, messages: Sequence[Message]) -> None:
        self._may_fail()
        super().publish(messages)
        self._may_fail()

    def _may_fail(self) -> None:
        if self._dice.random() < self._failing:
            raise PlatformDown("No answer.")


#: Of each partition.
SALES = 120
PRODUCTS = ["socks", "hats", "shoes"]


def all_told(seed: int, failing: float) -> dict[str, list[int]]:
    """Deliver three partitions side by side, each until all is answered; what was told of each."""
    dice = random.Random(seed)
    shop = Shop(tally, Unsteady(dice, failing))
    sales = [
        [
            sale(n, dice.choice(PRODUCTS), id=f"{partition}-{n}", partition=partition)
            for n in range(SALES)
        ]
        for partition in range(3)
    ]

    def deliver(ahead: list[Record]) -> None:
        while ahead:
            with suppress(PlatformDown):  # daprd brings what was not answered again
                shop.deliver(*ahead[:4])
                del ahead[:4]

    with ThreadPoolExecutor(3) as threads:
        for done in [threads.submit(deliver, each) for each in sales]:
            done.result(PATIENCE_SECONDS)
    told = [output["data"] for output in shop.outputs]
    assert sum(shop.sold(product) for product in PRODUCTS) == 3 * SALES
    return {p: [each["sold"] for each in told if each["product"] == p] for p in PRODUCTS}


@pytest.mark.parametrize("seed", range(5))
def test_what_comes_of_a_row_is_published_in_the_order_of_its_changes(seed: int) -> None:
    for told in all_told(seed, failing=0.0).values():
        assert told == list(range(1, len(told) + 1))


@pytest.mark.parametrize("seed", range(5))
def test_whatever_fails_each_event_counts_once_and_each_change_is_told(seed: int) -> None:
    for told in all_told(seed, failing=0.1).values():
        assert sorted(told) == list(range(1, len(told) + 1))
