"""How far has a function come by events that it is not called for? Noted here, written later.

An event that `when=` does not want leaves nothing behind but that it was passed. A read and a
transaction for that alone would cost as much as handling it. So it is written with whatever its
partition has to write next, or after a while. What was not written when a process ended, or when
its partition moved to another, comes to nobody again on Kafka; whoever goes on there looks at it:
`runtime.continuity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

from runtime.progress import Place, Progress
from runtime.record import Record

#: So long it waits until it is to be written, by whoever asks every second or so.
WAIT_SECONDS = 1.0
#: Offsets of one partition that are noted at most; more have to be written. Who goes on where this
#: process has ended looks at as many: `runtime.continuity`.
MOST = 10_000


class _Stretch(NamedTuple):
    """The offsets from `first` up to `after`, which go on from where the written progress ends."""

    topic_id: str
    first: int
    after: int
    last_ms: int
    since_ms: int


class Unwritten:
    """What one function has passed by, for each partition, as far as this process knows."""

    def __init__(self) -> None:
        self._stretches: dict[Place, _Stretch] = {}

    def note(
        self, place: Place, progress: Progress, records: Sequence[Record], now_ms: int
    ) -> None:
        """Note records that follow on this progress, which is what `over` returned."""
        joined = self._joined(place, progress)
        first, since_ms = (joined.first, joined.since_ms) if joined else (progress.next, now_ms)
        after = records[-1].offset + 1
        last_ms = max(progress.last_ms, *(record.timestamp_ms for record in records))
        self._stretches[place] = _Stretch(progress.topic_id, first, after, last_ms, since_ms)

    def over(self, place: Place, written: Progress) -> Progress:
        """Return how far the function has come where this was written: itself if no further."""
        stretch = self._stretches.get(place)
        if stretch is None or not _is_at(written, stretch.topic_id, stretch.first):
            return written
        progress = copy(written)
        progress.next, progress.last_ms = stretch.after, max(written.last_ms, stretch.last_ms)
        return progress

    def has_room(self, place: Place, progress: Progress, after: int) -> bool:
        """Whether what follows on this progress may be noted up to that offset."""
        joined = self._joined(place, progress)
        return after - (joined.first if joined else progress.next) <= MOST

    def written(self, place: Place, progress: Progress) -> None:
        """So much is written; what was noted beyond it goes on from there."""
        stretch = self._stretches.pop(place, None)
        if stretch is None or stretch.topic_id != progress.topic_id:
            return
        if stretch.first <= progress.next < stretch.after:
            self._stretches[place] = stretch._replace(first=progress.next)

    def forget(self, place: Place) -> None:
        """Another process has written the row since."""
        self._stretches.pop(place, None)

    def waiting(self, now_ms: int, waiting_ms: int) -> list[Place]:
        """The partitions of which something has waited for so long, or since a clock was set."""
        return [
            place
            for place, stretch in list(self._stretches.items())
            if not 0 <= now_ms - stretch.since_ms < waiting_ms
        ]

    def _joined(self, place: Place, progress: Progress) -> _Stretch | None:
        """The stretch that what follows on this progress goes on with, if there is one."""
        stretch = self._stretches.get(place)
        ends_there = stretch is not None and _is_at(progress, stretch.topic_id, stretch.after)
        return stretch if ends_there else None


def _is_at(progress: Progress, topic_id: str, offset: int) -> bool:
    return progress.next == offset and progress.topic_id == topic_id
