"""Nothing goes missing unseen: topics made anew, records removed, groups that are set elsewhere."""

from __future__ import annotations

import msgspec
import pytest

from runtime import continuity
from runtime.continuity import BELIEVED
from runtime.errors import PlatformDown
from tests.runtime.making import NOON_MS, Shop, record
from tests.runtime.sales_log import HOUR_MS, UNWANTED, Ledger, Log, count


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def shop(log: Log) -> Shop:
    return Shop(count, topics=log)


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
