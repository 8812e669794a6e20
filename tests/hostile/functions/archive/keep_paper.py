"""papers -> receipts: every paper that can be read is kept, and its place told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Struct

from runtime import Event, Table, function


class Paper(Struct):
    """What the archive keeps."""

    id: str
    pages: int = 1
    price: Decimal = Decimal(0)
    notes: Any = None


class Receipt(Struct):
    """A paper was kept, for the record at `place`."""

    id: str
    place: str
    notes: Any

    @property
    def key(self) -> str:
        return self.id


@function(
    subscribes="papers",
    publishes="receipts",
    when=lambda paper: not paper.id.startswith("draft"),
)
def keep_paper(paper: Paper, event: Event, kept: Table[int]) -> Receipt:
    """Count how often the paper was kept; delivered twice, it counts once. Drafts are not kept."""
    kept.put(paper.id, (kept.get(paper.id) or 0) + 1)
    return Receipt(paper.id, f"{event.topic}:{event.partition}:{event.offset}", paper.notes)
