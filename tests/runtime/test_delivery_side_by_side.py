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
from runtime.pace import CAREFUL_SECONDS, Pace
from runtime.record import Message, Record
from runtime.reruns import Reruns
from runtime.sidecars.base import Write
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import Sale, Shelf, Shop, Trouble, Untouched, sale
from tests.waiting import wait_until

PATIENCE_SECONDS = 10.0
PRODUCTS = ["socks", "hats", "shoes"]
#: Of each partition, where all of them are delivered at once.
SALES = 120
#: Threads share the dice, so no two runs are the same.
THROWS = [random.Random(number) for number in range(5)]


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


@function(subscribes="sales", publishes="sold")
def tally_silently(sale: Sale, shelves: Table[Shelf]) -> Sold | None:
    """The same, and it tells of nothing but hats."""
    sold = tally.spec.call(sale=sale, shelves=shelves)
    return sold if sale.product == "hats" else None


@function(subscribes="sales", unique=lambda sale: sale.product)
def tally_once(sale: Sale, shelves: Table[Shelf]) -> None:
    """Count the first sale of a product, in a row of all products of as many pieces."""
    with shelves.edit(f"of {sale.pieces}", Shelf) as shelf:
        shelf.sold += 1


@function(subscribes="sales")
def overwrite(sale: Sale, shelves: Table[Shelf]) -> None:
    """Set the row without looking at it."""
    shelves.put(sale.product, Shelf(sale.pieces))


@function(subscribes="sales")
def tally_beside_another(sale: Sale, shelves: Table[Shelf], trouble: Trouble) -> None:
    """Count what was sold; sometimes somebody else was faster with something of their own."""
    trouble.call(sale.product)
    tally.spec.call(sale=sale, shelves=shelves)


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


def one_waits(beside: ThreadPoolExecutor, shop: Shop, store: SlowStore, *records: Record) -> None:
    """Deliver records that wait for the first sale to be written, and let both come to an end."""
    first = begun(beside, shop, store)
    second = beside.submit(shop.deliver, *records)
    wait_until(lambda: waiting(shop) == 1)
    finished(store, first, second)


def reruns(shop: Shop) -> float:
    return float(metrics.RERUNS.labels(shop.spec.id)._value.get())


def told(shop: Shop) -> list[object]:
    return [output["data"] for output in shop.outputs]


def test_one_of_other_rows_is_written_and_published_meanwhile(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally, store)
    first = begun(beside, shop, store)
    shop.deliver(sale(0, "hats", id="hats", partition=1))

    assert told(shop) == [{"product": "hats", "sold": 1}]
    assert not first.done()
    finished(store, first)
    assert (shop.sold(), shop.sold("hats")) == (1, 1)


def test_what_was_found_of_a_row_is_published_before_what_became_of_it(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally, store)
    shop.deliver(sale(0, id="before", partition=1))
    looked = beside.submit(shop.deliver, sale(0, pieces=0))  # writes no row but its progress
    wait_until(lambda: store.writing == [1, 0])
    changed = beside.submit(shop.deliver, sale(1, id="more", partition=1))
    wait_until(lambda: waiting(shop) == 1)
    assert store.writing == [1, 0]
    finished(store, looked, changed)

    assert [output["data"]["sold"] for output in shop.outputs] == [1, 1, 2]


def test_two_that_look_at_a_row_and_leave_it_do_not_wait_for_each_other(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally, store)
    shop.deliver(sale(0, id="before", partition=1))
    first = beside.submit(shop.deliver, sale(0, pieces=0))
    wait_until(lambda: store.writing == [1, 0])
    shop.deliver(sale(1, id="more", pieces=0, partition=1))

    assert [output["data"]["sold"] for output in shop.outputs] == [1, 1]
    assert not first.done()
    finished(store, first)


def test_a_row_that_somebody_looked_at_and_says_nothing_of_may_be_changed(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally_silently, store)
    shop.deliver(sale(0, id="before", partition=1))
    first = beside.submit(shop.deliver, sale(0, pieces=0))
    wait_until(lambda: store.writing == [1, 0])
    shop.deliver(sale(1, id="more", partition=1))

    assert (shop.sold(), first.done()) == (2, False)
    finished(store, first)


@pytest.mark.parametrize("counting", [tally, tally_unforeseen])
def test_one_of_the_same_row_waits_and_counts_on_from_there(
    store: SlowStore, beside: ThreadPoolExecutor, counting: object
) -> None:
    shop = Shop(counting, store)
    before = reruns(shop)
    one_waits(beside, shop, store, sale(0, id="more", partition=1))

    assert [output["data"]["sold"] for output in shop.outputs] == [1, 2]
    assert reruns(shop) == before


def test_an_event_that_comes_on_another_partition_meanwhile_counts_once(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally, store)
    # The same id and another row: nothing but the id says that it is the same event.
    one_waits(beside, shop, store, sale(7, "hats", id="sale-0", partition=1))

    assert (shop.sold(), shop.sold("hats")) == (1, 0)


def test_a_partition_that_comes_again_meanwhile_counts_once(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally, store)
    before = reruns(shop)
    # Another row and another id: nothing but its place says that it is the same event.
    one_waits(beside, shop, store, sale(0, "hats", id="renamed"), sale(1, "shoes"))

    assert [shop.sold(product) for product in PRODUCTS] == [1, 0, 1]
    assert reruns(shop) == before


def test_an_event_that_is_unique_by_what_it_says_counts_once(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally_once, store)
    one_waits(beside, shop, store, sale(0, pieces=2, id="other", partition=1))

    assert (shop.sold("of 1"), shop.sold("of 2")) == (1, 0)


def test_a_row_that_is_set_unseen_is_set_in_turn(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(overwrite, store)
    before = reruns(shop)
    one_waits(beside, shop, store, sale(0, pieces=7, id="more", partition=1))

    assert (shop.sold(), reruns(shop)) == (7, before)


def test_two_first_ones_of_a_topic_note_once_where_it_began(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally, store, topics=Untouched())
    before = reruns(shop)
    one_waits(beside, shop, store, sale(0, "hats", id="hats", partition=1))

    assert (shop.sold(), shop.sold("hats"), reruns(shop)) == (1, 1, before)


def test_a_guess_at_what_it_will_ask_for_is_no_reason_to_wait(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally_unforeseen, store)
    shop.deliver(sale(0, id="socks", partition=1))  # asks for socks, and may do so again
    first = beside.submit(shop.deliver, sale(0))
    wait_until(lambda: store.writing == [1, 0])
    second = beside.submit(shop.deliver, sale(1, "hats", id="hats", partition=1))
    wait_until(lambda: shop.sold("hats") == 1)

    assert not first.done()
    finished(store, first, second)


def test_a_function_that_lost_something_of_its_own_runs_again_meanwhile(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally_beside_another, store)
    shop.trouble.ahead["hats"] = [Conflict("Somebody was faster.") for _ in range(3)]
    first = begun(beside, shop, store)
    shop.deliver(sale(0, "hats", id="hats", partition=1))

    assert (shop.sold("hats"), first.done()) == (1, False)
    finished(store, first)


def test_one_that_lost_is_written_before_anybody_who_waits_has_a_turn(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(tally, store)
    first = begun(beside, shop, store)
    with shop.consumer._turns.turn():
        others = [
            beside.submit(shop.deliver, sale(0, "hats", id=f"{partition}", partition=partition))
            for partition in (1, 2)
        ]
        wait_until(lambda: len(shop.consumer._turns._waiting) == 2)
        store.fail_next("transact", Conflict("A replica was faster."))
        store.writes[0].set()
        wait_until(lambda: len(shop.consumer._turns._waiting) == 3)
    finished(store, first, *others)

    assert store.writing[:2] == [0, 0]
    assert sorted(store.writing[2:]) == [1, 2]


def test_who_waits_for_the_next_turn_after_it_lost_holds_up_nothing_else(
    store: SlowStore, beside: ThreadPoolExecutor
) -> None:
    reruns = Reruns(most_seconds=PATIENCE_SECONDS)
    shop = Shop(tally, store)
    shop.consumer._reruns = reruns
    first = begun(beside, shop, store)
    with shop.consumer._turns.turn():
        store.fail_next("transact", Conflict("A replica was faster."))
        store.writes[0].set()
        wait_until(lambda: len(shop.consumer._turns._waiting) == 1)

        assert not reruns._alone.locked()
    finished(store, first)


def test_units_that_ran_again_grow_no_faster_for_it(store: SlowStore) -> None:
    shop = Shop(tally_beside_another, store)
    pace = shop.consumer._pace = Pace(1000, now=lambda: CAREFUL_SECONDS)
    pace.events = 8
    shop.trouble.ahead["hats"] = [Conflict("Somebody was faster.") for _ in range(5)]
    shop.deliver(sale(0, "hats", id="hats", partition=1))

    assert pace.events == 8 + 8 // 8 + 1


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
    assert [output["data"]["sold"] for output in shop.outputs] == [5, 6]


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


def all_told(dice: random.Random, failing: float) -> dict[str, list[int]]:
    """Deliver three partitions side by side, each until all is answered; what was told of each."""
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


@pytest.mark.parametrize("dice", THROWS)
def test_what_comes_of_a_row_is_published_in_the_order_of_its_changes(dice: random.Random) -> None:
    for told in all_told(dice, failing=0.0).values():
        assert told == list(range(1, len(told) + 1))


@pytest.mark.parametrize("dice", THROWS)
def test_whatever_fails_each_event_counts_once_and_each_change_is_told(dice: random.Random) -> None:
    for told in all_told(dice, failing=0.1).values():
        assert sorted(told) == list(range(1, len(told) + 1))
