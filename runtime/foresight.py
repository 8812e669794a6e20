"""What will a unit of work ask for, besides what its function declares?

The open page of a listed table, the row of a timer, a counter: only the work itself names them,
and the next one of the same lane most likely names the same. Brought with the first read of all,
each is a request less, and where events come one by one that is a round trip for each event.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

#: Keys for each lane. What is brought in vain costs next to nothing, in one read with all others.
MOST_KEYS = 4


class Foresight:
    """The rows that the last units of work of each lane asked for one by one. See `Rows.late`."""

    def __init__(self) -> None:
        self._late: dict[str, list[str]] = {}

    def expected(self, lane: str) -> Sequence[str]:
        """The keys to bring for the next unit of work."""
        return self._late.get(lane, ())

    def learn(self, lane: str, late: Iterable[str]) -> None:
        """Note what a unit of work had to ask for; the oldest keys give way."""
        known = self._late.setdefault(lane, [])
        for key in late:
            if key in known:
                known.remove(key)
            known.append(key)
        del known[:-MOST_KEYS]
