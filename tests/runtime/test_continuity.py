"""Nothing goes missing unseen: topics made anew, records removed, groups that are set elsewhere."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import Retries, Table, continuity, function
from runtime.continuity import BELIEVED
from runtime.errors import PlatformDown
from runtime.metrics import LOST
from runtime.record import Record
from runtime.topics import Topic
from tests.runtime.making import NOON_MS, Sale, Shelf, Shop, record

HOUR_MS = 3_600_000
#: Of this product nothing is counted.
UNWANTED = "bags"


@function(
    subscribes="sales",
    when=lambda sale: sale.product != UNWANTED,
    retries=Retries(first_seconds=0, most_seconds=0),
)
def count(sale: Sale, shelves: Table[Shelf]) -> None:
    """Count what was sold."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += sale.pieces


@dataclass
class Log:
    """The topic `sales` at its broker, with one partition. Its records name no event ids."""

    id: int = 1
    low: int = 0
    kept: dict[int, Record] = field(default_factory=dict)
    high: int = 0
    asked: int = 0
    is_away: bool = False

    def append(self, *products: str, at_ms: int = NOON_MS) -> None:
        for product in products:
            self.kept[self.high] = record(
                self.high, b'{"product":"%b"}' % product.encode(), at_ms=at_ms
            )
            self.high += 1

    def mark(self) -> None:
        """Write what no reader is given: the end of a transaction."""
        self.high += 1

    def remove(self, low: int) -> None:
        """Let go of the records before this offset."""
        self.low = low
        self.kept = {at: one for at, one in self.kept.items() if at >= low}

    def make_anew(self) -> None:
        self.id, self.low, self.high, self.kept = self.id + 1, 0, 0, {}

    def read(self, start: int = 0, after: int = 1_000_000) -> list[Record]:
        return [one for at, one in sorted(self.kept.items()) if start <= at < after]

    def find(self, names: Sequence[str]) -> dict[str, Topic]:
        self._ask()
        return {"sales": Topic(str(self.id), {0: (self.low, self.high)})}

    def records(
        self, topic: str, partition: int, first: int, after: int
    ) -> Generator[Record, None, None]:
        self._ask()
        if first >= self.low:  # from below what is there Kafka's client goes to the end
            yield from self.read(first, after)

    def _ask(self) -> None:
        self.asked += 1
        if self.is_away:
            raise PlatformDown("gone")


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def shop(log: Log) -> Shop:
    return Shop(count, topics=log)


class Ledger:
    """What the metric says since it was made."""

    def __init__(self) -> None:
        self._before = {reason: self._now(reason) for reason in ("removed", "skipped")}

    def __getitem__(self, reason: str) -> int:
        return int(self._now(reason) - self._before[reason])

    def _now(self, reason: str) -> float:
        counter = LOST.labels(count.spec.id, "sales", reason)
        return next(iter(counter.collect())).samples[0].value


@pytest.fixture
def lost() -> Ledger:
    return Ledger()


def test_what_follows_on_is_not_asked_about(shop: Shop, log: Log, lost: Ledger) -> None:
    log.append("a", "b", "c")
    shop.deliver(*log.read(0, 1))
    asked = log.asked
    shop.deliver(*log.read(1, 2))
    shop.deliver(*log.read(2, 3))

    assert log.asked == asked == 1
    assert (lost["removed"], lost["skipped"]) == (0, 0)


def test_records_of_a_topic_made_anew_are_handled_however_old_they_are(
    shop: Shop, log: Log
) -> None:
    log.append("old", "old", "old")
    shop.deliver(*log.read())
    log.make_anew()
    log.append("new", "new", at_ms=NOON_MS - HOUR_MS)
    shop.deliver(*log.read())

    assert (shop.sold("old"), shop.sold("new")) == (3, 2)


def test_a_topic_made_anew_is_handled_once(shop: Shop, log: Log) -> None:
    log.append("old", "old")
    shop.deliver(*log.read())
    log.make_anew()
    log.append(*["new"] * 5, at_ms=NOON_MS - HOUR_MS)
    shop.deliver(*log.read(0, 3))
    shop.deliver(*log.read())
    shop.restart()
    shop.deliver(*log.read())

    assert shop.sold("new") == 5


def test_a_topic_that_was_made_anew_while_nobody_ran_is_noticed(shop: Shop, log: Log) -> None:
    log.append("old", "old")
    shop.deliver(*log.read())
    log.make_anew()
    log.append("new", at_ms=NOON_MS - HOUR_MS)
    shop.restart()
    shop.deliver(*log.read())

    assert shop.sold("new") == 1


def test_the_start_of_a_topic_made_anew_that_was_passed_over_is_told_and_handled_when_it_comes(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    log.append("old", "old")
    shop.deliver(*log.read())
    log.make_anew()
    log.append("early", "early", "late")
    shop.clock.advance(61)  # in between it is believed that nothing has changed
    shop.deliver(*log.read(2))
    told = lost["skipped"]
    passed_over = set(shop.consumer.continuity.passed_over)
    shop.deliver(*log.read())

    assert (told, passed_over) == (2, {"sales"})
    assert (shop.sold("early"), shop.sold("late")) == (2, 1)


def test_a_topic_made_anew_that_was_read_on_unnoticed_is_handled_once(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    log.append(*["old"] * 5)
    shop.deliver(*log.read(0, 3))
    shop.deliver(*log.read(3))
    log.make_anew()
    log.append(*["new"] * 20, at_ms=NOON_MS - HOUR_MS)
    shop.deliver(*log.read(5, 10))
    shop.deliver(*log.read(10, 15))
    shop.deliver(*log.read(0, 7))
    shop.deliver(*log.read(7))

    assert (shop.sold("old"), shop.sold("new")) == (5, 20)


def test_an_outage_while_a_topic_made_anew_is_noticed_doubles_nothing(shop: Shop, log: Log) -> None:
    log.append(*["old"] * 5)
    shop.deliver(*log.read())
    log.make_anew()
    log.append(*["new"] * 20, at_ms=NOON_MS - HOUR_MS)
    shop.deliver(*log.read(5, 10))
    shop.clock.advance(BELIEVED.total_seconds())
    shop.sidecar.fail_next("transact", PlatformDown("gone"))
    with pytest.raises(PlatformDown):
        shop.deliver(*log.read(10, 15))
    shop.deliver(*log.read(10, 15))
    shop.deliver(*log.read())

    assert shop.sold("new") == 20


def test_a_topic_made_anew_that_was_read_on_unnoticed_is_noticed_in_time(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    log.append(*["old"] * 5)
    shop.deliver(*log.read())
    log.make_anew()
    log.append(*["new"] * 20, at_ms=NOON_MS - HOUR_MS)
    shop.deliver(*log.read(5, 10))
    shop.clock.advance(BELIEVED.total_seconds())
    shop.deliver(*log.read(10, 15))
    told = lost["skipped"]
    shop.deliver(*log.read())

    assert told == 5
    assert (shop.sold("old"), shop.sold("new")) == (5, 20)


def test_a_record_left_over_from_the_old_topic_does_not_hide_the_new_one(
    shop: Shop, log: Log
) -> None:
    log.append("old", "old", "old")
    shop.deliver(*log.read(0, 2))
    left_over = log.read(2)
    log.make_anew()
    log.append("new", at_ms=NOON_MS - HOUR_MS)
    shop.clock.advance(61)
    shop.deliver(*left_over)
    shop.deliver(*log.read())

    assert (shop.sold("old"), shop.sold("new")) == (3, 1)


def test_a_group_that_begins_again_does_nothing_twice(shop: Shop, log: Log, lost: Ledger) -> None:
    log.append(*["a"] * 10)
    shop.deliver(*log.read())
    shop.restart()
    shop.deliver(*log.read(0, 4))
    shop.deliver(*log.read(4))

    assert shop.sold("a") == 10
    assert (lost["removed"], lost["skipped"]) == (0, 0)


def test_records_that_were_removed_unread_are_told(shop: Shop, log: Log, lost: Ledger) -> None:
    log.append(*["a"] * 10)
    shop.deliver(*log.read(0, 3))
    log.remove(8)
    shop.deliver(*log.read())

    assert (lost["removed"], lost["skipped"]) == (5, 0)
    assert shop.sold("a") == 5


def test_records_that_were_removed_before_the_function_came_are_not_missed(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    log.append(*["a"] * 10)
    log.remove(8)
    shop.deliver(*log.read())

    assert lost["removed"] == 0


def test_records_of_a_partition_that_nothing_was_handled_of_are_missed_too(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    """The function has met the topic: on another partition."""
    shop.deliver(record(0, b'{"product":"a"}', partition=1))
    log.append(*["b"] * 5)
    log.remove(3)
    shop.restart()
    shop.deliver(*log.read())

    assert (lost["removed"], shop.sold("b")) == (3, 2)


def test_records_that_a_group_went_past_are_told_and_handled_when_they_come(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    log.append(*["a"] * 10)
    shop.deliver(*log.read(0, 2))
    shop.restart()
    shop.deliver(*log.read(6))
    told = lost["skipped"]
    shop.restart()
    shop.deliver(*log.read(0, 5))
    shop.restart()
    shop.deliver(*log.read())

    assert told == 4
    assert shop.sold("a") == 10


def test_a_group_that_began_late_may_go_back_to_the_beginning(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    log.append(*["a"] * 10)
    shop.deliver(*log.read(8))
    shop.restart()
    shop.deliver(*log.read())

    assert (lost["skipped"], shop.sold("a")) == (0, 10)


def test_a_group_that_goes_past_records_often_may_have_all_of_them_later(
    shop: Shop, log: Log
) -> None:
    log.append(*["a"] * 20)
    for offset in (0, 5, 10, 15):
        shop.deliver(*log.read(offset, offset + 1))
    shop.deliver(*log.read(12, 14))
    shop.deliver(*log.read())

    assert shop.sold("a") == 20


def test_what_the_function_is_not_called_for_is_not_missed(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    """A process that was killed had passed it by, and not written that yet."""
    log.append("a", UNWANTED, UNWANTED)
    shop.deliver(*log.read(0, 1))
    shop.deliver(*log.read(1))
    shop.restart()
    log.append("a")
    shop.deliver(*log.read(3))

    assert (lost["skipped"], shop.sold("a")) == (0, 2)


def test_of_a_topic_made_anew_also_what_is_not_wanted_is_written(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    log.append("old")
    shop.deliver(*log.read())
    log.append(UNWANTED)
    shop.deliver(*log.read(1))
    log.make_anew()
    log.append("new", "new", UNWANTED, at_ms=NOON_MS - HOUR_MS)
    shop.clock.advance(BELIEVED.total_seconds())
    shop.sidecar.calls.clear()
    shop.deliver(*log.read(2))
    told, writes = lost["skipped"], shop.sidecar.calls.count("transact")
    shop.deliver(*log.read())

    assert (told, writes) == (2, 1)
    assert shop.sold("new") == 2


def test_where_a_topic_begins_is_noted_before_anything_is_passed_by(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    """The process that was there before could not ask."""
    shop.topics = None
    shop.restart()
    log.append("a", UNWANTED)
    shop.deliver(*log.read(0, 1))
    shop.topics = log
    shop.restart()
    shop.sidecar.fail_next("transact", PlatformDown("gone"))
    with pytest.raises(PlatformDown):
        shop.deliver(*log.read(1))
    shop.deliver(*log.read(1))

    assert "beginning/count/sales" in shop.sidecar.rows


def test_what_was_passed_by_of_a_topic_made_anew_is_not_missed_once_that_is_noticed(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    log.append(*["old"] * 3)
    shop.deliver(*log.read())
    log.make_anew()
    log.append(*["new"] * 3, UNWANTED, "new", at_ms=NOON_MS - HOUR_MS)
    shop.deliver(*log.read(3, 4))
    shop.clock.advance(BELIEVED.total_seconds())
    shop.deliver(*log.read(4))
    told = lost["skipped"]
    shop.deliver(*log.read())

    assert (told, shop.sold("new")) == (3, 4)


def test_what_was_read_of_a_topic_made_anew_is_known_though_some_of_it_was_removed(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    log.append(*["old"] * 3)
    shop.deliver(*log.read())
    log.make_anew()
    log.append(*["new"] * 7, at_ms=NOON_MS - HOUR_MS)
    shop.deliver(*log.read(3, 6))
    log.remove(4)
    shop.clock.advance(BELIEVED.total_seconds())
    shop.deliver(*log.read(6))
    shop.deliver(*log.read())

    assert shop.sold("new") == 4


def test_of_what_a_group_went_past_the_first_that_is_wanted_is_missed(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    log.append("a", UNWANTED, "a", UNWANTED, "a")
    shop.deliver(*log.read(0, 1))
    shop.restart()
    shop.deliver(*log.read(4))
    told = lost["skipped"]
    shop.deliver(*log.read())

    assert (told, shop.sold("a")) == (2, 3)


def test_what_was_not_wanted_is_known_when_the_group_is_set_back_after_a_kill(
    shop: Shop, log: Log
) -> None:
    """Its producer's clock was ahead: by its timestamp alone it would be of a new topic."""
    log.append("a")
    log.append(UNWANTED, UNWANTED, at_ms=NOON_MS + HOUR_MS)
    log.append("x")
    shop.deliver(*log.read(0, 1))
    shop.deliver(*log.read(1, 3))
    shop.restart()
    shop.deliver(*log.read(3))
    shop.restart()
    shop.deliver(*log.read(0, 3))
    shop.deliver(*log.read(3))

    assert (shop.sold("a"), shop.sold("x")) == (1, 1)


def test_what_was_not_wanted_is_known_when_a_group_that_went_past_it_is_set_back(
    shop: Shop, log: Log
) -> None:
    log.append("a")
    log.append(UNWANTED, at_ms=NOON_MS + HOUR_MS)
    log.append("x")
    shop.deliver(*log.read(0, 1))
    shop.deliver(*log.read(2))
    shop.deliver(*log.read(0, 2))
    shop.deliver(*log.read(2))

    assert (shop.sold("a"), shop.sold("x")) == (1, 1)


def test_a_partition_that_comes_back_from_another_replica_tells_nothing(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    log.append("a", UNWANTED)
    shop.deliver(*log.read(0, 1))
    shop.deliver(*log.read(1))
    log.append(*["a"] * 8)
    shop.another_process().deliver(log.read(2))
    log.remove(5)
    log.append(UNWANTED, "a")
    shop.deliver(*log.read(10, 11))
    shop.deliver(*log.read(11))

    assert (lost["removed"], lost["skipped"], shop.sold("a")) == (0, 0, 10)
    assert shop.consumer.continuity.passed_over == set()


def test_one_that_is_not_wanted_is_no_mark_of_a_transaction(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    log.append("a", UNWANTED, "a", "a", "a")
    shop.deliver(*log.read(0, 1))
    shop.restart()
    shop.deliver(*log.read(2, 3))
    shop.deliver(*log.read(4))

    assert lost["skipped"] == 1


def test_a_long_gap_is_not_searched_for_what_is_wanted(
    shop: Shop, log: Log, lost: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(continuity, "MOST_LOOKED_AT", 3)
    log.append("a", *[UNWANTED] * 5, "a")
    shop.deliver(*log.read(0, 1))
    shop.restart()
    shop.deliver(*log.read(6))

    assert lost["skipped"] == 2


def test_marks_of_transactions_are_not_missed(shop: Shop, log: Log, lost: Ledger) -> None:
    for _ in range(3):
        log.append("a")
        log.mark()
        shop.deliver(log.read()[-1])

    assert (lost["removed"], lost["skipped"], shop.sold("a")) == (0, 0, 3)


def test_a_record_that_looks_like_a_mark_may_come_yet(shop: Shop, log: Log) -> None:
    log.append("a")
    log.mark()
    log.append(*["a"] * 3)
    shop.deliver(*log.read(0, 1))
    shop.deliver(*log.read(2, 3))
    shop.deliver(*log.read(4))  # the group was set past one
    shop.deliver(*log.read(3))

    assert shop.sold("a") == 4


def test_records_that_compaction_took_away_are_not_missed(
    shop: Shop, log: Log, lost: Ledger
) -> None:
    log.append(*["a"] * 10)
    shop.deliver(*log.read(0, 2))
    for offset in (2, 3, 4, 6):
        del log.kept[offset]
    shop.deliver(*log.read(2))

    assert (lost["removed"], lost["skipped"], shop.sold("a")) == (0, 0, 6)


def test_what_looks_odd_waits_for_a_broker_that_is_away(shop: Shop, log: Log) -> None:
    log.append("a", "a")
    shop.deliver(*log.read())
    log.is_away = True
    with pytest.raises(PlatformDown):
        shop.deliver(*log.read())


def test_what_looks_right_does_not_wait_for_a_broker_that_is_away(shop: Shop, log: Log) -> None:
    log.append("a", "a")
    log.is_away = True
    shop.deliver(*log.read(0, 1))
    shop.deliver(*log.read(1))

    assert shop.sold("a") == 2


def test_a_place_that_was_handled_before_anybody_was_asked_is_taken_over(log: Log) -> None:
    shop = Shop(count)
    log.append("a", "a")
    shop.deliver(*log.read())
    shop.topics = log
    shop.restart()
    shop.deliver(*log.read())
    log.make_anew()
    log.append("b", at_ms=NOON_MS - HOUR_MS)
    shop.deliver(*log.read())

    assert shop.sold("a") == 2


def test_what_was_handled_of_a_partition_that_has_moved_away_is_let_go_of(
    shop: Shop, log: Log
) -> None:
    log.append(*["a"] * 4)
    shop.deliver(log.read()[0])
    shop.deliver(msgspec.structs.replace(log.read()[0], partition=1))
    shop.deliver(log.read()[1])
    unsure = shop.consumer.continuity._unsure
    assert {partition for _, partition in unsure} == {0, 1}

    shop.clock.advance(BELIEVED.total_seconds())
    shop.deliver(log.read()[2])
    assert shop.consumer.continuity._unsure == {}


class Reader:
    """A reader that is set elsewhere, of a topic that everything happens to."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.log = Log()
        self.shop = Shop(count, topics=self.log)
        self.other = self.shop.another_process()
        self.position = 0
        self.names = (f"p{number}" for number in range(1000))
        #: What was ever written to the topic as it is now.
        self.written: list[str] = []
        self.has_marks, self.untold = False, 0
        self.append()
        self.shop.deliver(*self.log.read())

    def append(self) -> None:
        wanted = self.data.draw(st.lists(st.booleans(), min_size=1, max_size=5))
        names = [next(self.names) if is_wanted else UNWANTED for is_wanted in wanted]
        age = self.data.draw(st.sampled_from([-HOUR_MS, 0, HOUR_MS]))
        self.log.append(*names, at_ms=NOON_MS + age)
        self.written += [name for name in names if name != UNWANTED]

    def mark(self) -> None:
        self.log.mark()
        self.has_marks = True

    def read(self) -> None:
        found = self.log.read(self.position)[: self.data.draw(st.integers(1, 5))]
        if found:
            self.shop.deliver(*found)
            self.position = found[-1].offset + 1

    def remove(self) -> None:
        self.log.remove(self.data.draw(st.integers(self.log.low, self.log.high)))

    def make_anew(self) -> None:
        self.log.make_anew()
        self.written = []
        if self.data.draw(st.booleans()):
            self.shop.clock.advance(BELIEVED.total_seconds())
        if self.data.draw(st.booleans()):
            self.position = 0

    def begin_again(self) -> None:
        self.position = 0

    def go_past(self) -> None:
        self.untold += self.has_marks  # one record may look like a mark: docs/why.md
        self.position = self.data.draw(
            st.integers(self.position, max(self.position, self.log.high))
        )

    def write_progress(self) -> None:
        self.shop.consumer.write_progress(0)

    def hand_over(self) -> None:
        """Let the other replica have the partition."""
        if self.shop.consumer.continuity.topic_id("sales") == str(self.log.id):
            self.shop.consumer, self.other = self.other, self.shop.consumer

    def restart(self) -> None:
        # One that ends before it has noticed another topic may do things twice: docs/why.md.
        if self.shop.consumer.continuity.topic_id("sales") == str(self.log.id):
            self.shop.restart()


@settings(deadline=None, max_examples=300)  # a busy machine is no failure
@given(st.data())
def test_whatever_happens_to_a_topic_its_records_are_handled_once_or_told(
    data: st.DataObject,
) -> None:
    reader, lost = Reader(data), Ledger()
    what = [
        reader.append,
        reader.read,
        reader.mark,
        reader.remove,
        reader.make_anew,
        reader.begin_again,
        reader.go_past,
        reader.write_progress,
        reader.restart,
        reader.hand_over,
    ]
    happened = [data.draw(st.sampled_from(what)) for _ in range(data.draw(st.integers(1, 30)))]
    for happens in happened:
        happens()
    reader.append()
    reader.log.append("last")
    reader.written.append("last")
    reader.shop.clock.advance(BELIEVED.total_seconds())
    reader.shop.deliver(*reader.log.read())

    sold = {name: reader.shop.sold(name) for name in reader.written}
    there = {msgspec.json.decode(one.value)["product"] for one in reader.log.read()} - {UNWANTED}
    assert max(sold.values()) == 1
    assert all(sold[name] == 1 for name in there)
    missing = list(sold.values()).count(0)
    assert missing <= lost["removed"] + lost["skipped"] + reader.untold
    if not {reader.remove, reader.make_anew, reader.go_past} & set(happened):
        assert (lost["removed"], lost["skipped"]) == (0, 0)
