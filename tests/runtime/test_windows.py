"""Session windows and joins: edges, order of arrival, merging."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from runtime.windows import JoinWindow, SessionWindows

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
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
