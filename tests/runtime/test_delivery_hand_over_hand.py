"""While one unit of work is published, the next one is worked on; what that must not change."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import msgspec
import pytest

from runtime import Table, function
from runtime.errors import PlatformDown
from runtime.record import Message
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import Sale, Shelf, Shop, sale
from tests.waiting import wait_until

PATIENCE_SECONDS = 10.0


class Sold(msgspec.Struct):
    """A shelf after a sale."""

    product: str
    sold: int


@function(subscribes="sales", publishes="sold")
def count(sale: Sale, shelves: Table[Shelf]) -> Sold:
    """Count what was sold."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += sale.pieces
    return Sold(sale.product, shelf.sold)


@function(subscribes="sales", publishes="sold")
def count_socks(sale: Sale, shelves: Table[Shelf]) -> Sold | None:
    """Count what was sold, and tell of nothing but socks."""
    return count.spec.call(sale=sale, shelves=shelves) if sale.product == "socks" else None


class SlowBroker(RecordingSidecar):
    """A platform like Dapr's whose broker acknowledges nothing until it is let."""

    def __init__(self) -> None:
        super().__init__(publishes_in_transaction=False)
        self.publishing = 0
        self.acknowledges = threading.Event()

    def publish(self, messages: Sequence[Message]) -> None:
        self.publishing += 1
        assert self.acknowledges.wait(PATIENCE_SECONDS)
        super().publish(messages)


@pytest.fixture
def broker() -> SlowBroker:
    return SlowBroker()


@pytest.fixture
def shop(broker: SlowBroker) -> Shop:
    return Shop(count, broker)


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as threads:
        yield threads


def delivered(beside: ThreadPoolExecutor, shop: Shop, partition: int) -> Future[None]:
    return beside.submit(shop.deliver, sale(0, id=f"of-{partition}", partition=partition))


def waiting(shop: Shop) -> int:
    return len(shop.consumer._claims._ended._waiters)  # type: ignore[attr-defined]


def sold(broker: SlowBroker) -> int:
    row = broker.rows.get("shelves/socks", b'{"sold":0}')
    return int(msgspec.json.decode(row)["sold"])


def published(broker: SlowBroker) -> list[int]:
    return [msgspec.json.decode(m.value)["data"]["sold"] for m in broker.messages]


def test_the_next_unit_is_written_while_one_is_published(
    broker: SlowBroker, shop: Shop, beside: ThreadPoolExecutor
) -> None:
    first = delivered(beside, shop, 0)
    wait_until(lambda: broker.publishing == 1)
    second = delivered(beside, shop, 1)
    wait_until(lambda: sold(broker) == 2)

    assert (broker.publishing, broker.messages) == (1, [])
    broker.acknowledges.set()
    assert (first.result(PATIENCE_SECONDS), second.result(PATIENCE_SECONDS)) == (None, None)


def test_what_comes_of_them_is_published_in_the_order_in_which_it_was_written(
    broker: SlowBroker, shop: Shop, beside: ThreadPoolExecutor
) -> None:
    units = []
    for partition in range(3):
        units.append(delivered(beside, shop, partition))
        # The third one waits for the row: the second has not had its turn to publish yet.
        wait_until(lambda: (broker.publishing, sold(broker)) == (1, min(len(units), 2)))
        wait_until(lambda: waiting(shop) == max(0, len(units) - 2))
    broker.acknowledges.set()
    for unit in units:
        unit.result(PATIENCE_SECONDS)

    assert published(broker) == [1, 2, 3]


def test_what_is_being_published_is_not_published_again_where_its_partition_comes_again(
    broker: SlowBroker, shop: Shop, beside: ThreadPoolExecutor
) -> None:
    first = delivered(beside, shop, 0)
    wait_until(lambda: broker.publishing == 1)
    again = delivered(beside, shop, 0)
    wait_until(lambda: len(shop.consumer._publishing._waiting) == 1)
    broker.acknowledges.set()
    first.result(PATIENCE_SECONDS)
    again.result(PATIENCE_SECONDS)

    assert (sold(broker), published(broker)) == (1, [1])


def test_a_publish_that_fails_stops_neither_the_next_one_nor_what_it_was_to_publish(
    broker: SlowBroker, shop: Shop, beside: ThreadPoolExecutor
) -> None:
    broker.fail_next("publish", PlatformDown("The broker is away."))
    first = delivered(beside, shop, 0)
    wait_until(lambda: broker.publishing == 1)
    second = delivered(beside, shop, 1)
    wait_until(lambda: sold(broker) == 2)
    broker.acknowledges.set()

    with pytest.raises(PlatformDown):
        first.result(PATIENCE_SECONDS)
    second.result(PATIENCE_SECONDS)
    delivered(beside, shop, 0).result(PATIENCE_SECONDS)
    assert (sold(broker), sorted(published(broker))) == (2, [1, 2])


def test_a_unit_without_outputs_waits_for_nobodys_publish(
    broker: SlowBroker, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(count_socks, broker)
    first = delivered(beside, shop, 0)
    wait_until(lambda: broker.publishing == 1)
    silent = beside.submit(shop.deliver, sale(0, "shoes", id="shoes", partition=1))

    assert silent.result(PATIENCE_SECONDS) is None
    assert not first.done()
    broker.acknowledges.set()
    first.result(PATIENCE_SECONDS)


def test_whoever_had_a_partition_before_takes_no_output_of_its_next_owner_for_published(
    broker: SlowBroker,
) -> None:
    broker.acknowledges.set()
    shop = Shop(count, broker)
    shop.deliver(sale(0, id="before"))
    handled = shop.consumer._handled
    earlier = handled.written([("sales", 0)])
    broker.fail_next("publish", PlatformDown("The broker is away."))
    with pytest.raises(PlatformDown):
        shop.deliver(sale(1, id="after"))
    handled.published(earlier)  # the one before comes to this only now
    shop.deliver(sale(1, id="after"))

    assert published(broker) == [1, 2]


@pytest.mark.parametrize("by_another", [False, True])
def test_who_takes_a_partition_over_says_that_its_outputs_may_still_be_on_their_way(
    broker: SlowBroker, monkeypatch: pytest.MonkeyPatch, by_another: bool
) -> None:
    broker.acknowledges.set()
    shop = Shop(count, broker)
    broker.fail_next("publish", PlatformDown("The broker is away."))
    with pytest.raises(PlatformDown):
        shop.deliver(sale(0))
    said: list[bool] = []
    monkeypatch.setattr(broker, "publish_again", lambda *given, by_another: said.append(by_another))
    if by_another:
        shop.restart()
    shop.deliver(sale(0))

    assert said == [by_another]
