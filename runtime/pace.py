"""How many events at once does the platform get done within its deadline?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from runtime.errors import PlatformSlow

#: So long it stays as small as it had to become. Not by how much was done since: what comes again
#: has cost the store nothing, and would let it grow too large for what is new each time.
CAREFUL_SECONDS = 60.0


class Pace:
    """The size of a unit of work: halved when the store was too slow for it, then it grows again.

    A transaction costs the store a round trip for each row. On one that is far away, or overloaded,
    a full batch would never be ready in time, however often it is tried.
    """

    def __init__(self, most: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._now = now
        self._was_slow = now() - CAREFUL_SECONDS
        self.events = most

    @contextmanager
    def doing(self, events: int) -> Iterator[None]:
        """Do a unit of work of so many events in this block."""
        try:
            yield
        except PlatformSlow:
            self.events, self._was_slow = max(1, events // 2), self._now()
            raise
        if self.events < self._most and self._now() - self._was_slow >= CAREFUL_SECONDS:
            self.events = min(self._most, self.events + self.events // 8 + 1)
