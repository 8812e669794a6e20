"""How many events at once does the platform get done within its deadline?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from runtime.errors import PlatformSlow


class Pace:
    """The size of a unit of work: halved when the store was too slow for it, then it grows again.

    A transaction costs the store a round trip for each row. On one that is far away, or overloaded,
    a full batch would never be ready in time, however often it is tried.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.events = most

    @contextmanager
    def doing(self, events: int) -> Iterator[None]:
        """Do a unit of work of so many events in this block."""
        try:
            yield
        except PlatformSlow:
            self.events = max(1, events // 2)
            raise
        if self.events < self._most:
            self.events = min(self._most, self.events + self.events // 8 + 1)
