"""How far has a function come by events that it is not called for? Noted here, written later.

An event that `when=` does not want leaves nothing behind but that it was passed. A read and a
transaction for that alone would cost as much as handling it. So it is written with whatever its
partition has to write next, or after a while. What a killed process had not written comes to
nobody again on Kafka; whoever goes on there looks at it: `runtime.continuity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

from runtime.progress import Place, Progress
from runtime.record import Record

#: So long it waits until it is to be written, by whoever asks every second or so.
WAIT_SECONDS = 1.0
#: Offsets of one partition that are noted at most; more have to be written. Whoever goes on after a
#: process that was killed looks at twice as many: `runtime.continuity.MOST_LOOKED_AT`.
MOST = 5_000


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
        first, since_ms = progress.next, now_ms
        known = self._stretches.get(place)
        if known is not None and _is_at(progress, known.topic_id, known.after):
            first, since_ms = known.first, known.since_ms
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

    def is_long(self, place: Place) -> bool:
        """Whether so much waits already that the next has to be written."""
        stretch = self._stretches.get(place)
        return stretch is not None and stretch.after - stretch.first >= MOST

    def written(self, place: Place, reached: int) -> None:
        """It is written up to this offset; what was noted beyond it goes on from there."""
        stretch = self._stretches.pop(place, None)
        if stretch is not None and stretch.first <= reached < stretch.after:
            self._stretches[place] = stretch._replace(first=reached)

    def forget(self, place: Place) -> None:
        """Another process has the partition."""
        self._stretches.pop(place, None)

    def waiting(self, since_ms: int) -> list[Place]:
        """The partitions of which something has waited since then, or for longer."""
        return [place for place, one in list(self._stretches.items()) if one.since_ms <= since_ms]


def _is_at(progress: Progress, topic_id: str, offset: int) -> bool:
    return progress.next == offset and progress.topic_id == topic_id
