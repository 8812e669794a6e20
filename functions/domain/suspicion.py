"""Who orders too often, in too short a time?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

#: Orders of which a window remembers that it has counted them, the latest ones.
COUNTED_KEPT = 50
#: Suspects that one page of the report remembers, those of the latest windows.
SUSPECTS_KEPT = 200


class OrderCount(Struct, rename="camel"):
    """The orders of one customer in one window, which began at `start`."""

    start: datetime
    counts: int = 0
    orders: list[str] = []

    def add(self, order_id: str) -> int:
        """Count an order, once; return how many there are."""
        if order_id not in self.orders:
            self.counts += 1
            self.orders = [*self.orders, order_id][-COUNTED_KEPT:]
        return self.counts


class OrderCounts(Struct, rename="camel"):
    """One customer's windows that are not closed, oldest first."""

    open: list[OrderCount] = []


class Suspect(Struct, frozen=True, rename="camel"):
    """A customer with too many orders in the window that began at `start`."""

    customer_id: str
    counts: int
    start: datetime

    @property
    def rank(self) -> tuple[datetime, int]:
        """The latest window first; in it the one who ordered most."""
        return self.start, self.counts


class Suspects(Struct):
    """One page of the report: the latest suspicion against each customer."""

    latest: list[Suspect] = []

    def note(self, suspect: Suspect) -> None:
        """Take it in, unless something later is known of this customer."""
        self.latest = ranked([*self.latest, suspect])[:SUSPECTS_KEPT]


def ranked(suspects: Iterable[Suspect]) -> list[Suspect]:
    """Return the latest suspicion against each customer, the latest of all first."""
    latest: dict[str, Suspect] = {}
    for suspect in sorted(suspects, key=lambda each: each.rank):
        latest[suspect.customer_id] = suspect
    return sorted(latest.values(), key=lambda each: each.rank, reverse=True)
