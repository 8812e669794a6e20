"""Which events belong together, by their event times? The clock is never asked.

| | belongs together | late events |
|---|---|---|
| `TumblingWindows` | what lies in one stretch of a fixed size | count until `grace` after its end |
| `SessionWindows` | what has no longer pause between | join a session until `grace` after its end |
| `JoinWindow` | two events at most so far apart | whoever comes second finds the first |
| `runtime.joins` | an event and the row of a table | the row as it is when the event is handled |

What is open is a row of the caller's table: it survives a restart, and is written with everything
else the event causes. What is closed is taken out of the row by the next event of its key. For keys
that have no next event give the row a `ttl_seconds`, as long as the topic keeps its events: an
event that could still be counted is then gone before the row is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

ZERO = timedelta(0)
#: Where tumbling windows are counted from: every process, and every restart, agrees on their edges.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Span(Protocol):
    """A session: a stretch of event time that can take in another one."""

    start: datetime
    end: datetime

    def absorb(self, other: Any) -> None:
        """Cover the other session too, and add what it holds."""


class Pane(Protocol):
    """What was gathered in one tumbling window, which began at `start`."""

    start: datetime


S = TypeVar("S", bound=Span)
P = TypeVar("P", bound=Pane)


@dataclass(frozen=True)
class TumblingWindows:
    """Windows of one `size`, one after the other: every event time lies in exactly one.

    A window begins with its start and ends just before the next one's. It still takes late events
    until one comes that lies in a window which begins `grace` or more after its end (24 sizes
    unless given). Then it is closed: it is dropped, and what comes for it later is not counted.
    Raises ValueError for a size that is not above zero, or a grace below it.
    """

    size: timedelta
    grace: timedelta | None = None

    def __post_init__(self) -> None:
        if self.size <= ZERO:
            raise ValueError(f"The size of a window is {self.size}; expected a time above zero.")
        if self.grace is not None and self.grace < ZERO:
            raise ValueError(f"The grace of a window is {self.grace}; expected no time below zero.")

    def start_of(self, time: datetime) -> datetime:
        """Return when the window of `time` begins, in UTC; raises ValueError without a zone."""
        if time.tzinfo is None:
            raise ValueError(f"The event time {time.isoformat()} has no zone; expected one.")
        return EPOCH + (time - EPOCH) // self.size * self.size

    def take(self, panes: list[P], time: datetime, new: Callable[[datetime], P]) -> P | None:
        """Return the pane of `time` among those of one key, or None when its window is closed.

        One that is missing is made by `new` of its start. `panes` stays sorted by time, and loses
        those whose windows are closed now.
        """
        start = self.start_of(time)
        newest = max([start, *(pane.start for pane in panes[-1:])])
        panes[:] = [pane for pane in panes if not self._is_closed(pane.start, newest)]
        if self._is_closed(start, newest):
            return None
        for pane in reversed(panes):
            if pane.start == start:
                return pane
        pane = new(start)
        panes.append(pane)
        panes.sort(key=lambda each: each.start)
        return pane

    def _is_closed(self, start: datetime, newest: datetime) -> bool:
        grace = self.size * 24 if self.grace is None else self.grace
        return newest > start and newest - (start + self.size) >= grace


@dataclass(frozen=True)
class SessionWindows:
    """Sessions that end with a pause longer than `gap`; a pause of exactly `gap` does not end one.

    A session may still be joined by late events for `grace` beyond its end, measured against the
    latest event time of the same key (24 gaps unless given). Then it is dropped, and what comes
    for it later stands alone.
    """

    gap: timedelta
    grace: timedelta | None = None

    def add(self, spans: list[S], span: S) -> S:
        """Put a session (usually of one event) into `spans`; return the one it became part of.

        `spans` stays sorted by time. Every session at most `gap` away becomes one with it, so
        that an event between two sessions merges them. A session that is too late to be kept is
        returned alone, and not put in.
        """
        if spans and ZERO <= span.start - spans[-1].end <= self.gap:
            spans[-1].absorb(span)  # events in order: nearly always
            return spans[-1]
        near = [other for other in spans if self._touches(other, span)]
        far = [other for other in spans if not self._touches(other, span)]
        for other in near:
            other.absorb(span)
            span = other
        spans[:] = self._kept(sorted([*far, span], key=lambda each: each.start))
        return span

    def _touches(self, one: Span, other: Span) -> bool:
        return one.start - other.end <= self.gap and other.start - one.end <= self.gap

    def _kept(self, spans: list[S]) -> list[S]:
        grace = self.gap * 24 if self.grace is None else self.grace
        newest = max(span.end for span in spans)
        return [span for span in spans if newest - span.end <= grace]


@dataclass(frozen=True)
class JoinWindow:
    """Events of two streams belong together when at most `within` lies between them, edges too.

    It does not matter which of the two came first. The caller keeps what waits for its partner.
    """

    within: timedelta

    def holds(self, one: datetime, other: datetime) -> bool:
        """Do the two event times belong together?"""
        return abs(one - other) <= self.within

    def is_over(self, time: datetime, seen: datetime) -> bool:
        """Can nothing in order at event time `seen` or later belong to `time` any more?"""
        return seen - time > self.within
