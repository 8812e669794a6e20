"""How long to wait before an outage is looked at again?"""

from __future__ import annotations

#: The first pause in seconds; each one is twice as long as the one before it.
FIRST_SECONDS = 0.05
MOST_SECONDS = 2.0


class Pauses:
    """Grows with every failure in a row. No jitter: there is one process at the embedded store."""

    def __init__(self, most_seconds: float = MOST_SECONDS) -> None:
        self._most_seconds = most_seconds
        self.reset()

    def reset(self) -> None:
        """Begin again: something has worked."""
        self._next_seconds = FIRST_SECONDS

    def next(self) -> float:
        """Return the seconds to wait now."""
        seconds = min(self._next_seconds, self._most_seconds)
        self._next_seconds = seconds * 2
        return seconds
