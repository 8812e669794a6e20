"""Tumbling and session windows, and joins: edges, order of arrival, late events, merging."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

import pytest

from runtime.windows import JoinWindow, SessionWindows, TumblingWindows

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HALF_MINUTE = timedelta(seconds=30)
HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)


@dataclass
class Visit:
    """A session of numbers, in the order they were put in."""

    start: datetime
    end: datetime
    seen: list[int] = field(default_factory=list)

    def absorb(self, other: Visit) -> None:
        self.start = min(self.start, other.start)
        self.end = max(self.end, other.end)
        self.seen = self.seen + other.seen


def visit(minutes: float, number: int = 0) -> Visit:
    at = NOON + timedelta(minutes=minutes)
    return Visit(at, at, [number])


def sessions(*minutes: float) -> list[Visit]:
    """Put one event per given minute into sessions of one hour."""
    spans: list[Visit] = []
    for number, minute in enumerate(minutes):
        SessionWindows(HOUR).add(spans, visit(minute, number))
    return spans


@dataclass
class Bucket:
    """What was counted in one tumbling window."""

    start: datetime
    count: int = 0


def buckets(*seconds: float, grace: float | None = None) -> list[tuple[float, int]]:
    """Count one event per given second in windows of 30 s; return when each began, and how many."""
    panes: list[Bucket] = []
    windows = TumblingWindows(HALF_MINUTE, None if grace is None else timedelta(seconds=grace))
    for second in seconds:
        pane = windows.take(panes, NOON + timedelta(seconds=second), Bucket)
        if pane is not None:
            pane.count += 1
    return [((pane.start - NOON).total_seconds(), pane.count) for pane in panes]


def test_a_window_holds_its_start_and_not_its_end():
    assert buckets(0, 29.999999, 30) == [(0, 2), (30, 1)]


def test_windows_are_counted_from_1970_whoever_begins():
    windows = TumblingWindows(HALF_MINUTE)
    elsewhere = timezone(timedelta(hours=5, minutes=45))

    assert windows.start_of(NOON + timedelta(seconds=59)) == NOON + HALF_MINUTE
    assert windows.start_of(datetime(2026, 1, 1, 17, 45, 29, tzinfo=elsewhere)) == NOON
    assert windows.start_of(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == datetime(
        1969, 12, 31, 23, 59, 30, tzinfo=UTC
    )


@pytest.mark.parametrize("arrival", [(0, 10, 40, 100), (100, 40, 10, 0), (40, 0, 100, 10)])
def test_tumbling_windows_do_not_depend_on_the_order_of_arrival(arrival):
    assert buckets(*arrival) == [(0, 2), (30, 1), (90, 1)]


def test_a_window_takes_late_events_until_one_comes_a_whole_grace_after_its_end():
    assert buckets(0, 89, 1, grace=60) == [(0, 2), (60, 1)]


def test_a_window_that_is_closed_is_dropped_and_counts_nothing_more():
    assert buckets(0, 90, 1, grace=60) == [(90, 1)]


def test_without_grace_the_next_window_closes_the_one_before():
    assert buckets(0, 29, 30, 29, grace=0) == [(30, 1)]


def test_the_grace_is_24_windows_unless_given():
    assert buckets(0, 24 * 30 + 29, 1) == [(0, 2), (24 * 30, 1)]
    assert buckets(0, 25 * 30, 1) == [(25 * 30, 1)]


@pytest.mark.parametrize(("size", "grace"), [(0, 1), (-1, 1), (1, -1)])
def test_windows_that_make_no_sense_are_refused(size, grace):
    with pytest.raises(ValueError, match="of a window is"):
        TumblingWindows(timedelta(seconds=size), timedelta(seconds=grace))


def test_a_time_without_a_zone_lies_in_no_window():
    with pytest.raises(ValueError, match="has no zone"):
        TumblingWindows(HALF_MINUTE).start_of(datetime(2026, 1, 1))


def test_an_event_exactly_one_gap_later_belongs_to_the_session():
    spans = sessions(0, 60)

    assert [span.seen for span in spans] == [[0, 1]]


def test_an_event_later_than_one_gap_opens_a_session():
    spans: list[Visit] = []
    windows = SessionWindows(HOUR)
    windows.add(spans, Visit(NOON, NOON, [0]))
    late = NOON + HOUR + MICROSECOND

    added = windows.add(spans, Visit(late, late, [1]))

    assert added.seen == [1]
    assert [span.seen for span in spans] == [[0], [1]]


def test_a_session_grows_with_every_event_at_most_one_gap_after_the_last():
    spans = sessions(0, 60, 120, 180)

    assert [span.seen for span in spans] == [[0, 1, 2, 3]]


def test_an_event_exactly_one_gap_earlier_joins_and_moves_the_start():
    [span] = sessions(60, 0)

    assert span.start == NOON
    assert span.end == NOON + HOUR


def test_an_event_inside_a_session_leaves_its_edges():
    [span] = sessions(0, 60, 30)

    assert (span.start, span.end) == (NOON, NOON + HOUR)
    assert span.seen == [0, 1, 2]


def test_an_event_between_two_sessions_merges_them():
    spans = sessions(0, 120, 60)

    assert len(spans) == 1
    assert sorted(spans[0].seen) == [0, 1, 2]
    assert (spans[0].start, spans[0].end) == (NOON, NOON + 2 * HOUR)


def test_an_early_event_stands_before_the_later_sessions():
    spans = sessions(300, 0)

    assert [span.seen for span in spans] == [[1], [0]]


@pytest.mark.parametrize("arrival", [(0, 50, 100, 300), (300, 100, 50, 0), (100, 300, 0, 50)])
def test_sessions_do_not_depend_on_the_order_of_arrival(arrival):
    spans = sessions(*arrival)

    assert [(span.start, span.end) for span in spans] == [
        (NOON, NOON + timedelta(minutes=100)),
        (NOON + timedelta(minutes=300), NOON + timedelta(minutes=300)),
    ]


def test_a_session_is_kept_for_the_grace_after_its_end():
    spans = sessions(0, 24 * 60)

    assert [span.seen for span in spans] == [[0], [1]]


def test_a_session_older_than_the_grace_is_dropped():
    spans = sessions(0, 24 * 60 + 1)

    assert [span.seen for span in spans] == [[1]]


def test_an_event_later_than_the_grace_stands_alone_and_is_not_kept():
    spans = sessions(48 * 60)

    added = SessionWindows(HOUR).add(spans, visit(0, 7))

    assert added.seen == [7]
    assert [span.seen for span in spans] == [[0]]


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(minutes=5), timedelta(minutes=-5)])
def test_a_join_holds_up_to_its_edges_whoever_comes_first(apart):
    assert JoinWindow(timedelta(minutes=5)).holds(NOON, NOON + apart)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_join_does_not_hold_beyond_its_edges(sign):
    beyond = timedelta(minutes=5) + MICROSECOND

    assert not JoinWindow(timedelta(minutes=5)).holds(NOON, NOON + sign * beyond)


def test_what_waits_in_a_join_is_over_when_time_has_passed_the_bound():
    join = JoinWindow(timedelta(minutes=5))

    assert not join.is_over(NOON, NOON + timedelta(minutes=5))
    assert join.is_over(NOON, NOON + timedelta(minutes=5) + MICROSECOND)
