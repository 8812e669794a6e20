"""What time is it? Functions ask a `Clock`, so that a test can set it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """The wall clock, in UTC. Windows never use it: they use the events' own time."""

    def now(self) -> datetime:
        """Return the current time, always with the zone UTC."""
        return datetime.now(UTC)


class FakeClock(Clock):
    """A clock that stands still until a test moves it."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the time it was set to."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock; a negative number of seconds moves it back."""
        self._now += timedelta(seconds=seconds)
