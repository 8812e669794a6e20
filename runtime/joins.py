"""A stream and a table: each event with the row of its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from runtime.errors import Retry
from runtime.table import Table

Row = TypeVar("Row")


class Unmatched(Retry):
    """There is no row for this event yet."""


@dataclass(frozen=True)
class TableJoin:
    """Joins events with a table that another function of the service fills from `topic`.

    The row counts as it is when the event is handled, whatever the event times of the two: a row
    that changes later changes no event that was joined before. At the start, functions get their
    first event when the tables hold what their topics held at that moment (`fills_table=True`).

    An event whose row is missing waits: it is tried again after the function's delays, holding up
    nobody, and becomes a dead letter at the end, which can be replayed once the row is there. Where
    it shall be left out instead (an inner join), or go on without (a left join), ask `Table.get`.
    """

    what: str
    topic: str

    def row(self, table: Table[Row], key: str, event: str) -> Row:
        """Return the row; raises Unmatched, which names the key and `event`, when there is none."""
        found = table.get(key)
        if found is None:
            raise Unmatched(
                f"The {self.what} {key!r} of {event} is not known; "
                f"expected an event on the topic {self.topic}."
            )
        return found
