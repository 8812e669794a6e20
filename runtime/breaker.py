"""Is it of any use to call this function now?"""

from __future__ import annotations

from collections import Counter, deque
from datetime import datetime, timedelta

from runtime.clock import Clock
from runtime.dead_letters import cause_of

#: The last calls that are looked at, and how many of them must have failed for one cause.
CALLS = 20
FAILURES = 16
#: The pause before the first probe, and the longest one between two.
FIRST_SECONDS = 5.0
MOST_SECONDS = 60.0


class Breaker:
    """Closed as long as calls succeed; open when most of the last ones failed for one cause.

    While it is open one call at a time is let through, a probe, after pauses that double; the
    first that succeeds closes it. It is kept in memory: a restarted process finds out anew. What a
    function says of one event (`Retry`, `Reject`) is no failure of the function.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: deque[str] = deque(maxlen=CALLS)
        self._pause_seconds = FIRST_SECONDS
        #: When the next probe may be made; None while it is closed.
        self.probe_at: datetime | None = None
        #: What most of the calls failed with, while it is open.
        self.error: Exception | None = None

    @property
    def open(self) -> bool:
        """Whether calls are held back."""
        return self.probe_at is not None

    @property
    def holds(self) -> bool:
        """Whether not even a probe may be made now."""
        return self.probe_at is not None and self._clock.now() < self.probe_at

    def allows(self) -> bool:
        """Whether to call the function now; the call's outcome must be told afterwards."""
        if self.holds:
            return False
        if self.open:
            self._hold()  # at once: a probe that hangs must not be joined by others
        return True

    def succeeded(self) -> None:
        """A call has returned, or said what is wrong with its event."""
        self._last.append("")
        if self.open:
            self._last.clear()
            self._pause_seconds = FIRST_SECONDS
            self.probe_at = self.error = None

    def failed(self, error: Exception) -> bool:
        """A call has raised; returns whether that opened the breaker."""
        cause = cause_of(error)
        self._last.append(cause)
        if self.open:
            self.error = error
            return False
        if Counter(self._last)[cause] < FAILURES:
            return False
        self.error = error
        self._hold()
        return True

    def _hold(self) -> None:
        self.probe_at = self._clock.now() + timedelta(seconds=self._pause_seconds)
        self._pause_seconds = min(self._pause_seconds * 2, MOST_SECONDS)
