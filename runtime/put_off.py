"""Events that are tried again later: they wait in the state store, where they hold nobody up.

An event that failed is written with the very transaction of its batch, and an agenda of the
function says when. When its time has come it is published on the function's retry topic.

Refused: waiting on a topic. daprd would hold the partition with every event that is not due, for
as long as that lasts, and while it does so it cannot give the partition to another replica
(dapr/components-contrib issue 4580); each delay would need a topic of its own for each function.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from runtime.dead_letters import DeadLetter
from runtime.record import Record
from runtime.rows import Rows

#: An agenda is spread over this many rows by partition, so that two replicas that put events off
#: do not change the same one.
LANES = 4
#: Events and bytes in one row; one that is larger has a row of its own.
MOST_EVENTS = 500
MOST_BYTES = 1024 * 1024


class PutOff(msgspec.Struct):
    """One event that waits: the record at its origin, and why it could not be handled."""

    record: Record
    letter: DeadLetter


class _Moment(msgspec.Struct):
    """The packs of one moment: those before `taken` have been published."""

    packs: int = 0
    taken: int = 0


class _Page(msgspec.Struct):
    moments: dict[int, _Moment] = {}


class Agenda:
    """When which events of one function are due. Works on the rows of the caller's unit of work."""

    def __init__(self, function: str) -> None:
        self._function = function
        #: The rows to read to know whether anything is due.
        self.keys = [self._page_key(lane) for lane in range(LANES)]

    def add(
        self,
        rows: Rows,
        partition: int,
        due: datetime,
        grain_seconds: int,
        events: Sequence[PutOff],
    ) -> None:
        """Note events that are due at `due`, or up to `grain_seconds` later."""
        lane = partition % LANES
        page = rows.change(self._page_key(lane), _Page) or _Page()
        moment = -int(-due.timestamp() // grain_seconds) * grain_seconds
        found = page.moments.setdefault(moment, _Moment())
        for pack in packed(events):
            rows.put(self._pack_key(lane, moment, found.packs), pack)
            found.packs += 1
        rows.put(self._page_key(lane), page)

    def next_due(self, rows: Rows) -> float | None:
        """Return when the first of them is due, in seconds since 1970; None when none waits."""
        pages = [rows.get(key, _Page) for key in self.keys]
        return min((moment for page in pages if page for moment in page.moments), default=None)

    def take(self, rows: Rows, now: datetime) -> list[PutOff]:
        """Remove and return what is due, at most two packs of it; empty when nothing is."""
        for lane, key in enumerate(self.keys):
            page: _Page | None = rows.get(key, _Page)
            due = [m for m in sorted(page.moments) if m <= now.timestamp()] if page else []
            if due:
                return self._take_from(rows, lane, due[0])
        return []

    def _take_from(self, rows: Rows, lane: int, moment: int) -> list[PutOff]:
        page: _Page = rows.change(self._page_key(lane), _Page)
        found = page.moments[moment]
        taken: list[PutOff] = []
        for number in range(found.taken, min(found.packs, found.taken + 2)):
            key = self._pack_key(lane, moment, number)
            taken += rows.get(key, list[PutOff]) or []
            rows.put(key, None)
            found.taken = number + 1
        if found.taken == found.packs:
            del page.moments[moment]
        rows.put(self._page_key(lane), page if page.moments else None)
        return taken

    def _page_key(self, lane: int) -> str:
        return f"later/{self._function}/{lane}"

    def _pack_key(self, lane: int, moment: int, number: int) -> str:
        return f"later.packs/{self._function}/{lane}/{moment}/{number}"


def packed(events: Sequence[PutOff]) -> Iterator[list[PutOff]]:
    """Cut events into lists that each fit into a row."""
    pack: list[PutOff] = []
    size = 0
    for event in events:
        if pack and (len(pack) >= MOST_EVENTS or size + len(event.record.value) > MOST_BYTES):
            yield pack
            pack, size = [], 0
        pack.append(event)
        size += len(event.record.value)
    if pack:
        yield pack
