"""Events that a function is not called for cost no request, and none that it is called for is lost
or doubled by that."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from runtime import FakeClock, Table, function, metrics, unwritten
from runtime.continuity import BELIEVED
from runtime.errors import Conflict, PlatformDown
from runtime.handled import hash_of, next_offset
from runtime.progress import Progress
from runtime.record import Message, Record
from runtime.sidecars.base import ANY, Write
from runtime.sidecars.recording import RecordingSidecar
from runtime.unpublished import MOST_BESIDE_BYTES
from tests.runtime.making import NOON, Sale, Shelf, Shop, Trouble, Untouched, sale
from tests.runtime.selling import AT_ONCE
from tests.waiting import wait_until

PROGRESS = "progress/count_socks/sales/0"
OUTPUTS = "outputs/count_socks/sales/0"
#: How long a test may be held up.
PATIENCE_SECONDS = 10.0


@function(
    subscribes="sales",
    publishes="counts",
    when=lambda sale: sale.product == "socks",
    reads={"shelves": lambda sale: [sale.product]},
)
def count_socks(sale: Sale, shelves: Table[Shelf]) -> Sale:
    """Count the socks that were sold, and nothing else."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += sale.pieces
    return sale


@function(subscribes="sales", when=lambda sale: sale.product in OFFERED, retries=AT_ONCE)
def count_offered(sale: Sale, trouble: Trouble) -> None:
    """Count what is on offer at the moment."""
    trouble.call(sale.product)


OFFERED: set[str] = set()


@pytest.fixture
def platform() -> RecordingSidecar:
    """One like Dapr's, which publishes after the transaction."""
    return RecordingSidecar(FakeClock(NOON), publishes_in_transaction=False)


@pytest.fixture
def shop(platform: RecordingSidecar) -> Shop:
    """A shop that has sold one pair of socks."""
    shop = Shop(count_socks, platform, topics=Untouched())
    shop.deliver(sale(0))
    shop.deliver(sale(0))  # reads where the topic began
    platform.calls.clear()
    return shop


def hats(*offsets: int, **options: int) -> list[Record]:
    return [sale(offset, "hats", **options) for offset in offsets]


def written(shop: Shop) -> int:
    """The next offset, as the store has it."""
    return next_offset(shop.sidecar.rows[PROGRESS])


def position(shop: Shop) -> int:
    return shop.consumer.position("sales", 0)


def outcome(name: str) -> float:
    counter = metrics.outcome(count_socks.spec.id, name)
    return next(iter(counter.collect())).samples[0].value


def test_they_cost_no_request(shop: Shop, platform: RecordingSidecar) -> None:
    before = outcome("refused")
    shop.deliver(*hats(1, 2))
    shop.deliver(*hats(3))

    assert platform.calls == []
    assert position(shop) == 4
    assert outcome("refused") - before == 3


def test_the_next_one_that_is_handled_writes_them_with_itself(
    shop: Shop, platform: RecordingSidecar
) -> None:
    shop.deliver(*hats(1, 2))
    shop.deliver(sale(3))

    assert platform.calls == ["get", "transact", "publish"]
    assert (written(shop), shop.sold()) == (4, 2)


def test_those_among_others_are_written_with_them(shop: Shop, platform: RecordingSidecar) -> None:
    shop.deliver(*hats(1), sale(2), *hats(3))

    assert (platform.calls, written(shop)) == (["get", "transact", "publish"], 4)


def test_what_comes_again_is_known(shop: Shop) -> None:
    shop.deliver(*hats(1, 2))
    before = outcome("redelivered")
    shop.deliver(sale(0), *hats(1, 2), sale(3))

    assert (shop.sold(), written(shop)) == (2, 4)
    assert outcome("redelivered") - before == 3


def test_they_are_written_after_a_second(shop: Shop, platform: RecordingSidecar) -> None:
    shop.deliver(*hats(1))
    shop.clock.advance(0.9)
    shop.deliver(*hats(2))
    shop.consumer.write_progress()
    early = written(shop)
    shop.clock.advance(0.1)
    shop.consumer.write_progress()
    once = list(platform.calls)
    shop.clock.advance(9)
    shop.consumer.write_progress()

    assert (early, written(shop)) == (1, 3)
    assert once == platform.calls == ["get", "transact"]


def test_more_of_them_cost_nothing_after_they_are_written(
    shop: Shop, platform: RecordingSidecar
) -> None:
    shop.deliver(*hats(1))
    shop.consumer.write_progress(0)
    platform.calls.clear()
    shop.deliver(*hats(2))

    assert platform.calls == []
    assert position(shop) == 3


@pytest.mark.parametrize("size", [1, MOST_BESIDE_BYTES])
def test_what_is_published_is_no_longer_kept_once_they_are_written(shop: Shop, size: int) -> None:
    """Who takes over would look for it on its topic, and publish it again where it is gone."""
    shop.deliver(sale(1, key="k" * size))
    kept = Progress.read(shop.sidecar.rows[PROGRESS])
    shop.deliver(*hats(2))
    shop.consumer.write_progress(0)
    left = Progress.read(shop.sidecar.rows[PROGRESS])

    assert kept.pending or kept.has_outputs_row
    assert left.pending == []
    assert not left.has_outputs_row
    assert OUTPUTS not in shop.sidecar.rows


def test_what_another_replica_could_not_publish_is_not_taken_for_published(
    shop: Shop, platform: RecordingSidecar
) -> None:
    """It has handled what had been left out, so the offset is the same as before."""
    shop.deliver(*hats(4))
    shop.deliver(*hats(5, 6))
    other = shop.another_process()
    platform.fail_next("publish", PlatformDown("gone"))
    with pytest.raises(PlatformDown):
        other.deliver([sale(1)])
    platform.fail_next("publish", PlatformDown("gone"))
    with pytest.raises(PlatformDown):
        shop.deliver(sale(1))
    shop.consumer.write_progress(0)
    shop.deliver(sale(1))

    assert [message.topic for message in platform.messages] == ["counts", "counts"]
    assert shop.sold() == 2


def test_a_process_that_knew_of_them_and_ended_has_lost_nothing(shop: Shop) -> None:
    shop.deliver(*hats(1, 2))
    shop.restart()
    shop.deliver(sale(3))
    shop.deliver(sale(0), *hats(1, 2), sale(3))

    assert shop.sold() == 2


def test_the_first_ones_that_a_process_meets_are_written(shop: Shop) -> None:
    """What another has left unpublished has to be looked for."""
    shop.restart()
    shop.deliver(*hats(1))

    assert written(shop) == 2


def test_outputs_that_were_not_published_go_out_before_they_are_passed(
    shop: Shop, platform: RecordingSidecar
) -> None:
    platform.fail_next("publish", PlatformDown("gone"))
    with pytest.raises(PlatformDown):
        shop.deliver(sale(1))
    shop.deliver(*hats(2))

    assert [message.topic for message in platform.messages] == ["counts", "counts"]
    assert written(shop) == 3


def test_progress_is_not_written_over_that_of_another_process(
    shop: Shop, platform: RecordingSidecar
) -> None:
    shop.deliver(*hats(1, 2))
    shop.another_process().deliver([sale(1), sale(2), sale(3)])
    platform.calls.clear()
    shop.consumer.write_progress(0)
    shop.consumer.write_progress(0)

    assert (written(shop), shop.sold()) == (4, 4)
    assert platform.calls == ["get"]


def test_what_another_process_wrote_meanwhile_is_learnt(
    shop: Shop, platform: RecordingSidecar
) -> None:
    shop.deliver(*hats(1))
    shop.another_process().deliver([sale(1, id="same")])
    shop.consumer.write_progress(0)
    shop.deliver(sale(2, id="same"))

    assert (written(shop), shop.sold()) == (3, 2)


def test_a_row_that_another_process_wrote_is_not_written_unread(
    shop: Shop, platform: RecordingSidecar
) -> None:
    """It has handled something that had been left out, so the offset is the same as before."""
    shop.deliver(*hats(1))
    known = Progress.read(platform.rows[PROGRESS])
    known.ids += hash_of("/till\nleft-out")
    platform.transact([Write(PROGRESS, known.encode(), ANY)])
    shop.consumer.write_progress(0)
    shop.deliver(*hats(1), sale(2, id="left-out"))

    assert (written(shop), shop.sold()) == (3, 1)


def test_what_follows_on_the_progress_of_another_process_begins_anew(shop: Shop) -> None:
    shop.deliver(*hats(1, 2))
    shop.another_process().deliver([sale(1), sale(2)])
    shop.deliver(sale(2))
    shop.deliver(*hats(3))

    assert position(shop) == 4


def test_a_race_for_the_progress_is_lost_quietly(shop: Shop, platform: RecordingSidecar) -> None:
    shop.deliver(*hats(1))
    platform.fail_next("transact", Conflict("the etag"))
    shop.consumer.write_progress(0)
    lost = written(shop)
    shop.consumer.write_progress(0)

    assert (lost, written(shop)) == (1, 2)


def test_an_outage_leaves_it_for_the_next_time(shop: Shop, platform: RecordingSidecar) -> None:
    shop.deliver(*hats(1))
    platform.fail_next("transact", PlatformDown("gone"))
    with pytest.raises(PlatformDown):
        shop.consumer.write_progress(0)
    shop.consumer.write_progress(0)

    assert written(shop) == 2


def test_those_that_do_not_follow_on_are_written(shop: Shop, platform: RecordingSidecar) -> None:
    shop.deliver(*hats(5))

    assert (platform.calls, written(shop)) == (["get", "transact"], 6)


def test_each_partition_goes_its_own_way(shop: Shop, platform: RecordingSidecar) -> None:
    shop.deliver(sale(0, id="other", partition=1))
    platform.calls.clear()
    shop.deliver(*hats(1), *hats(1, 2, partition=1))
    shop.deliver(sale(3, partition=1))

    assert platform.calls == ["get", "transact", "publish"]
    assert (written(shop), position(shop)) == (1, 2)
    assert next_offset(platform.rows["progress/count_socks/sales/1"]) == 4


def test_replayed_ones_are_written_as_they_come(platform: RecordingSidecar) -> None:
    """Tools tell from that how a replay has ended."""
    shop = Shop(count_offered, platform, topics=Untouched())
    shop.trouble.ahead["hats"] = [ValueError("no hats")] * 9
    OFFERED.add("hats")
    shop.deliver(*hats(0, 1))
    OFFERED.remove("hats")
    for number, letter in enumerate(shop.letters):
        shop.replay(letter, number)

    assert next_offset(platform.rows[f"progress/count_offered/{shop.spec.retry_topic}/0"]) == 2


def test_more_than_a_few_thousand_are_written(
    shop: Shop, platform: RecordingSidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unwritten, "MOST", 2)
    for offset in range(1, 6):
        shop.deliver(*hats(offset))
    one_by_one = (list(platform.calls), written(shop))
    shop.deliver(*hats(6, 7, 8, 9))

    assert one_by_one == (["get", "transact"], 4)
    assert written(shop) == 10


def test_where_the_broker_cannot_be_asked_all_is_written(platform: RecordingSidecar) -> None:
    """What comes again would have to be told from a new topic by its timestamp alone."""
    shop = Shop(count_socks, platform)
    shop.deliver(sale(0))
    shop.deliver(*hats(1))

    assert written(shop) == 2


def test_once_in_a_while_the_broker_is_asked_and_all_is_written(shop: Shop) -> None:
    shop.deliver(*hats(1))
    shop.clock.advance(BELIEVED.total_seconds())
    shop.deliver(*hats(2))

    assert written(shop) == 3


def test_what_another_replica_has_handled_meanwhile_is_not_missed(shop: Shop) -> None:
    """The partition was taken away, and comes back."""
    before = skipped()
    shop.deliver(*hats(1))
    shop.another_process().deliver([*hats(1), *(sale(n) for n in range(2, 50))])
    shop.deliver(*hats(50))
    shop.deliver(sale(51))

    assert (written(shop), shop.sold(), skipped() - before) == (52, 50, 0)


def skipped() -> float:
    counter = metrics.LOST.labels(count_socks.spec.id, "sales", "skipped")
    return next(iter(counter.collect())).samples[0].value


@function(subscribes="sales", fills_table=True, when=lambda sale: sale.product == "socks")
def remember_socks(sale: Sale, shelves: Table[Shelf]) -> None:
    """Fill a table that others wait for."""
    shelves.put(sale.product, Shelf(sale.pieces))


def test_of_a_topic_that_fills_a_table_all_is_written(platform: RecordingSidecar) -> None:
    """A service that starts waits until all of it is handled, which nobody else could tell."""
    shop = Shop(remember_socks, platform, topics=Untouched())
    shop.deliver(sale(0))
    shop.deliver(*hats(1))

    assert next_offset(platform.rows["progress/remember_socks/sales/0"]) == 2


class Slow(RecordingSidecar):
    """A platform on which a transaction, and publishing, take until they are let."""

    def __init__(self) -> None:
        super().__init__(FakeClock(NOON), publishes_in_transaction=False)
        self.may_write, self.may_publish = threading.Event(), threading.Event()
        self.may_write.set()
        self.may_publish.set()

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        self.calls.append("begin")
        assert self.may_write.wait(PATIENCE_SECONDS)
        super().transact(writes, messages)

    def publish(self, messages: Sequence[Message]) -> None:
        self.calls.append("outputs")
        assert self.may_publish.wait(PATIENCE_SECONDS)
        super().publish(messages)


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def begun(slow: Slow, beside: ThreadPoolExecutor, work: Any, *arguments: Any) -> Future[None]:
    """Have it done as far as its transaction, which waits to be let."""
    slow.may_write.clear()
    done = beside.submit(work, *arguments)
    wait_until(lambda: slow.calls[-1:] == ["begin"])
    return done


def test_those_behind_one_that_is_being_written_wait_for_it(
    slow: Slow, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(count_socks, slow, topics=Untouched())
    shop.deliver(sale(0))
    slow.calls.clear()
    first = begun(slow, beside, shop.deliver, sale(1))
    second = beside.submit(shop.deliver, *hats(2))
    wait_until(lambda: bool(shop.consumer._claims._ended._waiters))  # type: ignore[attr-defined]
    slow.may_write.set()
    first.result()
    second.result()

    assert (written(shop), shop.sold()) == (3, 2)


def test_progress_waits_for_nobody(slow: Slow, beside: ThreadPoolExecutor) -> None:
    shop = Shop(count_socks, slow, topics=Untouched())
    shop.deliver(sale(0))
    shop.deliver(sale(0))  # reads where the topic began
    shop.deliver(*hats(1))
    slow.calls.clear()
    with shop.consumer._turns.turn():
        shop.consumer.write_progress(0)  # the function is at work
    unit = begun(slow, beside, shop.deliver, sale(2))
    shop.consumer.write_progress(0)  # the row is being written
    slow.may_write.set()
    unit.result()

    assert slow.calls == ["get", "begin", "transact", "outputs", "publish"]
    assert written(shop) == 3


def test_what_is_passed_by_while_progress_is_written_is_not_forgotten(
    slow: Slow, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(count_socks, slow, topics=Untouched())
    shop.deliver(sale(0))
    shop.deliver(*hats(1))
    slow.calls.clear()
    tick = begun(slow, beside, shop.consumer.write_progress, 0)
    shop.deliver(*hats(2))
    slow.may_write.set()
    tick.result()
    shop.deliver(*hats(3))
    calls = list(slow.calls)

    assert calls == ["get", "begin", "transact"]
    assert (written(shop), position(shop)) == (2, 4)


def test_what_follows_waits_for_the_progress_that_is_being_written(
    slow: Slow, beside: ThreadPoolExecutor
) -> None:
    shop = Shop(count_socks, slow, topics=Untouched())
    shop.deliver(sale(0))
    shop.deliver(*hats(1))
    reruns = metrics.RERUNS.labels(count_socks.spec.id)
    before = next(iter(reruns.collect())).samples[0].value
    tick = begun(slow, beside, shop.consumer.write_progress, 0)
    unit = beside.submit(shop.deliver, sale(2))
    wait_until(lambda: bool(shop.consumer._claims._ended._waiters))  # type: ignore[attr-defined]
    slow.may_write.set()
    tick.result()
    unit.result()

    assert (written(shop), shop.sold()) == (3, 2)
    assert next(iter(reruns.collect())).samples[0].value == before


def test_outputs_that_are_being_published_are_not_taken_for_published(
    slow: Slow, beside: ThreadPoolExecutor
) -> None:
    """Of a record that had been left out, so that the next offset stays as it is."""
    shop = Shop(count_socks, slow, topics=Untouched())
    shop.deliver(sale(0))
    shop.deliver(sale(4))
    slow.may_publish.clear()
    unit = begun(slow, beside, shop.deliver, sale(1))
    shop.deliver(*hats(5))
    slow.may_write.set()
    wait_until(lambda: slow.calls[-1:] == ["outputs"])
    shop.consumer.write_progress(0)
    slow.fail_next("publish", PlatformDown("gone"))
    slow.may_publish.set()
    with pytest.raises(PlatformDown):
        unit.result()
    shop.deliver(sale(1))

    assert shop.sold() == 3
    assert [message.topic for message in slow.messages] == ["counts"] * 3
