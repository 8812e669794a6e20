"""Timers that survive: due once, late by ten seconds at most, lost by nobody's race."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from runtime import FakeClock, Timers
from runtime.errors import Conflict
from runtime.rows import Rows
from runtime.sidecars.recording import RecordingSidecar
from runtime.timers import BUCKET_SECONDS, CLOSED_SECONDS, LANES, MOST_BUCKETS, MOST_KEYS, PART_SIZE

MINUTE = timedelta(minutes=1)


class Unit:
    """One unit of work over a store that others use too."""

    def __init__(self, sidecar: RecordingSidecar, clock: FakeClock, lane: str = "orders-0") -> None:
        self.sidecar = sidecar
        self.rows = Rows(sidecar.get, lane=lane, clock=clock)
        self.timers = Timers(self.rows, "expiry")

    def commit(self) -> None:
        self.sidecar.transact(self.rows.writes())


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def sidecar(clock: FakeClock) -> RecordingSidecar:
    return RecordingSidecar(clock)


Begin = Callable[..., Unit]


@pytest.fixture
def begin(sidecar: RecordingSidecar, clock: FakeClock) -> Begin:
    return lambda lane="orders-0": Unit(sidecar, clock, lane)


def set_one(
    begin: Begin, key: str, seconds: float, clock: FakeClock, lane: str = "orders-0"
) -> None:
    unit = begin(lane)
    unit.timers.set(key, clock.now() + timedelta(seconds=seconds))
    unit.commit()


def due(begin: Begin, clock: FakeClock) -> list[str]:
    unit = begin()
    found = unit.timers.due(clock.now())
    unit.commit()
    return found


def test_nothing_is_due_where_nothing_was_set(begin: Begin, clock: FakeClock) -> None:
    assert due(begin, clock) == []


def test_a_timer_is_due_at_its_time_and_once(begin: Begin, clock: FakeClock) -> None:
    set_one(begin, "a", 60, clock)
    clock.advance(59)
    early = due(begin, clock)
    clock.advance(1 + BUCKET_SECONDS)

    assert (early, due(begin, clock), due(begin, clock)) == ([], ["a"], [])


def test_a_timer_that_is_past_is_due_at_once(begin: Begin, clock: FakeClock) -> None:
    set_one(begin, "a", -86_400, clock)
    clock.advance(BUCKET_SECONDS)

    assert due(begin, clock) == ["a"]


def test_timers_come_oldest_first_from_all_lanes(begin: Begin, clock: FakeClock) -> None:
    for number in (3, 1, 2, 5, 4):
        set_one(begin, f"{number}", number * 20, clock, lane=f"orders-{number}")
    clock.advance(200)

    assert due(begin, clock) == ["1", "2", "3", "4", "5"]


def test_partitions_that_set_timers_at_once_do_not_meet(begin: Begin, clock: FakeClock) -> None:
    set_one(begin, "first", 60, clock)
    units = [begin(f"orders-{number}") for number in range(LANES)]
    for number, unit in enumerate(units):
        unit.timers.set(f"{number}", clock.now() + MINUTE)
    for unit in units:
        unit.commit()
    clock.advance(100)

    assert sorted(due(begin, clock)) == ["0", "1", "2", "3", "first"]


def test_a_timer_set_while_its_row_is_read_is_not_lost(begin: Begin, clock: FakeClock) -> None:
    set_one(begin, "a", 60, clock)
    setting = begin("orders-1")
    setting.timers.set("b", clock.now() + MINUTE)
    clock.advance(100)
    read = due(begin, clock)
    with pytest.raises(Conflict):
        setting.commit()
    again = begin("orders-1")
    again.timers.set("b", clock.now() - MINUTE)
    again.commit()
    clock.advance(BUCKET_SECONDS)

    assert (read, due(begin, clock)) == (["a"], ["b"])


def test_two_readers_at_once_do_not_both_get_a_timer(begin: Begin, clock: FakeClock) -> None:
    set_one(begin, "a", 60, clock)
    clock.advance(100)
    first, second = begin(), begin()
    found = (first.timers.due(clock.now()), second.timers.due(clock.now()))
    first.commit()

    assert found == (["a"], ["a"])
    with pytest.raises(Conflict):
        second.commit()


def test_timers_of_a_reader_that_failed_stay_due(begin: Begin, clock: FakeClock) -> None:
    set_one(begin, "a", 60, clock)
    clock.advance(100)
    begin().timers.due(clock.now())  # killed before it commits

    assert due(begin, clock) == ["a"]


def test_a_closed_row_sends_a_timer_to_the_next_one(begin: Begin, clock: FakeClock) -> None:
    set_one(begin, "a", 5, clock)
    clock.advance(BUCKET_SECONDS)
    due(begin, clock)
    late = begin()
    late.rows.put("expiry.cursor", 0)  # a cursor read before the other moved it
    late.timers.set("b", clock.now() - timedelta(seconds=BUCKET_SECONDS))
    pending = late.timers.pending()

    assert pending == {"b": clock.now()}


def test_closed_rows_vanish_by_themselves(
    begin: Begin, clock: FakeClock, sidecar: RecordingSidecar
) -> None:
    set_one(begin, "a", 5, clock)
    clock.advance(BUCKET_SECONDS)
    due(begin, clock)
    clock.advance(CLOSED_SECONDS + 1)

    assert list(sidecar.rows) == ["expiry.cursor"]


def test_many_timers_of_one_moment_are_kept_in_parts(
    begin: Begin, clock: FakeClock, sidecar: RecordingSidecar
) -> None:
    keys = [f"{number}" for number in range(2 * PART_SIZE + 7)]
    for start in range(0, len(keys), 100):
        unit = begin()
        for key in keys[start : start + 100]:
            unit.timers.set(key, clock.now() + MINUTE)
        unit.commit()
    longest = max(len(value) for value in sidecar.rows.values())
    clock.advance(100)

    assert longest < 10 * PART_SIZE
    assert due(begin, clock) == keys


def test_a_service_that_was_down_for_long_catches_up_over_several_calls(
    begin: Begin, clock: FakeClock
) -> None:
    set_one(begin, "first", 0, clock)
    set_one(begin, "last", 20_000, clock)
    clock.advance(40_000)
    found = []
    for _ in range(40_000 // BUCKET_SECONDS * LANES // MOST_BUCKETS + 2):
        found += due(begin, clock)

    assert found == ["first", "last"]


def test_a_flood_of_timers_is_returned_over_several_calls(begin: Begin, clock: FakeClock) -> None:
    unit = begin()
    for number in range(3 * MOST_KEYS):
        unit.timers.set(f"{number}", clock.now() + timedelta(seconds=number // 500 * 10))
    unit.commit()
    clock.advance(200)
    calls = [due(begin, clock) for _ in range(4)]

    assert [key for keys in calls for key in keys] == [f"{n}" for n in range(3 * MOST_KEYS)]
    assert max(len(keys) for keys in calls) < 2 * MOST_KEYS


def test_an_event_that_fails_sets_no_timer(begin: Begin, clock: FakeClock) -> None:
    set_one(begin, "a", 60, clock)
    unit = begin()
    unit.rows.begin()
    unit.timers.set("b", clock.now() + MINUTE)
    unit.rows.rollback()
    unit.commit()
    clock.advance(100)

    assert due(begin, clock) == ["a"]


def test_a_test_sees_what_is_pending() -> None:
    timers = Timers()
    at = FakeClock().now() + timedelta(days=36_500)
    timers.set("a", at)

    assert timers.pending() == {"a": at}


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        Timers().set("a", FakeClock().now().replace(tzinfo=None))
