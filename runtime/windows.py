"""Which events belong together, by their event times? The clock is never asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

ZERO = timedelta(0)


class Span(Protocol):
    """A session: a stretch of event time that can take in another one."""

    start: datetime
    end: datetime

    def absorb(self, other: Any) -> None:
        """Cover the other session too, and add what it holds."""


S = TypeVar("S", bound=Span)


@dataclass(frozen=True)
class SessionWindows:
    """Sessions that end with a pause longer than `gap`; a pause of exactly `gap` does not end one.

    A session may still be joined by late events for `grace` beyond its end, measured against the
    latest event time of the same key (24 gaps unless given). Then it is dropped.
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
