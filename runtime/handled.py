"""Was this event handled before? One progress row per function, topic and partition.

The row is written, with its etag, in every transaction of a batch. It says how far the function
has come, which ids it handled last, and whether outputs may not be published yet:

- an offset below `next` is a redelivery: its effects are in the store, its outputs are pending;
- unless it lies in a gap, which was passed over, or the topic was made anew (`runtime.continuity`);
- an id among the last ones is the same event, sent again by its producer at another offset;
- two replicas holding one partition fence each other: the second transaction is a Conflict.

A row per event would be simpler and costs 0.16 ms each on PostgreSQL, ten times the rest.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field

from runtime.errors import PlatformDown
from runtime.progress import Beginning, Course, Place, Progress
from runtime.record import Message, Record
from runtime.rows import Rows
from runtime.sidecars.base import ANY, PROGRESS, Write
from runtime.unpublished import Pending, Unpublished
from runtime.unwritten import Unwritten

#: Bytes kept of each id's hash. Among a million ids the chance that a new one is taken for an old
#: one is 5e-14.
HASH_BYTES = 8
#: Ids in the progress row before they are put away in a row of their own.
SEGMENT_IDS = 512
#: Ids remembered per function and topic; see docs/why.md for what that covers.
WINDOW_IDS = 50_000
#: Rows of ids that a partition has; the oldest one, which nobody reads any more, is written over.
#: Left to expire they would be some 500 MB after a week of 100 events/s.
SEGMENTS = WINDOW_IDS // SEGMENT_IDS + 1
#: Partitions that are looked at together when a topic is met for the first time.
NEIGHBOURS = 16


def hash_of(identity: str) -> bytes:
    """Shorten the identity of an event."""
    return hashlib.blake2b(identity.encode(), digest_size=HASH_BYTES).digest()


@dataclass
class Advance:
    """What one unit of work is about to write of its progress."""

    writes: list[Write] = field(default_factory=list)
    rows: dict[Place, bytes] = field(default_factory=dict)
    ids: list[bytes] = field(default_factory=list)
    #: What these rows say.
    progress: dict[Place, Progress] = field(default_factory=dict)


def next_offset(value: bytes) -> int:
    """Return the next offset that a progress row stands for: what tools need to tell the lag."""
    return Progress.read(value).next


class Handled:
    """What one function has handled, as far as this process knows.

    Units of work are looked at one at a time; `committed` and `published` may be said beside it.
    """

    def __init__(self, function: str, retention_seconds: int) -> None:
        self._function = function
        self._retention_seconds = retention_seconds
        #: Held where what is noted must not be mixed with what another thread notes.
        self._noting = threading.RLock()
        self._recent: set[bytes] = set()
        self._older: set[bytes] = set()
        self._written: dict[Place, bytes] = {}
        self._unpublished = Unpublished(function)
        self._unwritten = Unwritten()
        self._decoded: dict[Place, tuple[bytes, Progress]] = {}
        self._partitions: dict[str, int] = {}

    def row_key(self, place: Place) -> str:
        """Where the progress of one partition is kept."""
        topic, partition = place
        return f"{PROGRESS}{self._function}/{topic}/{partition}"

    def position(self, rows: Rows, place: Place) -> int:
        """Return the next offset to handle; 0 when nothing was handled yet."""
        return self._progress(rows, place).next

    def wanted(self, places: Sequence[Place]) -> list[str]:
        """Return the rows that `take_over` will look at for a batch, as far as they are known."""
        topic = places[0][0]
        if topic in self._partitions:
            return [self.row_key(place) for place in places]
        found = [self.row_key(place) for place in [*places, *_neighbours(topic, 0)]]
        return [*found, self._beginning_key(topic)]

    def take_over(self, rows: Rows, places: Sequence[Place]) -> None:
        """Learn what another process, or this one before a restart, did on the topic.

        When the topic is met for the first time that is all of its partitions, whoever holds them
        now: a producer may send an event again on another one.
        """
        topic = places[0][0]
        if topic in self._partitions:
            for place in places:
                self._learn(rows, place)
            return
        known = self._begun(rows, topic)
        self._partitions[topic] = len(known)
        try:
            for place in dict.fromkeys([*known, *places]):
                self._learn(rows, place)
        except PlatformDown:
            del self._partitions[topic]  # half of it is not known: begin again
            raise

    def _begun(self, rows: Rows, topic: str) -> list[Place]:
        """The partitions on which something was handled already."""
        found: list[Place] = []
        for start in itertools.count(0, NEIGHBOURS):
            places = _neighbours(topic, start)
            rows.load(self.row_key(place) for place in places)
            begun = [place for place in places if rows.stored(self.row_key(place))]
            if not begun:
                return found
            found += begun
        return found

    def _learn(self, rows: Rows, place: Place) -> None:
        stored = rows.stored(self.row_key(place))
        value = stored.value if stored else b""
        if value == self._written.get(place, b""):
            return
        self._unwritten.forget(place)
        progress = self._progress(rows, place)
        # All partitions share the window, or the last one would drive the others' ids out.
        share = WINDOW_IDS // SEGMENT_IDS // max(1, self._partitions[place[0]])
        first = max(0, progress.segments - share)
        keys = [self._segment_key(place, number) for number in range(first, progress.segments)]
        rows.load(keys)
        for key in keys:
            if segment := rows.stored(key):
                self._remember(_split(segment.value))
        self._remember(_split(progress.ids))
        self._written[place] = value
        self._unpublished.inherit(place, progress)

    def pending(self, rows: Rows, place: Place) -> Pending | None:
        """Return outputs that may not have been published; None when there are none."""
        return self._unpublished.find(rows, place, self._progress(rows, place))

    def redelivered(
        self, rows: Rows, records: Iterable[Record], course: Course | None = None
    ) -> list[bool]:
        """Was exactly this record handled before? An answer for each of them.

        A later timestamp than any seen is a sign of a topic that was made anew, too: the only one
        where the broker cannot be asked.
        """
        known = dict(course.progress) if course else {}
        answers: list[bool] = []
        for record in records:
            place = (record.topic, record.partition)
            if place not in known:
                known[place] = self._progress(rows, place)
            progress = known[place]
            answers.append(
                record.offset < progress.next
                and record.timestamp_ms <= progress.last_ms
                and not (progress.gaps and progress.lacks(record.offset))
            )
        return answers

    def progress(self, rows: Rows, place: Place) -> Progress | None:
        """Return how far the function has come; None where it has handled nothing."""
        return self._progress(rows, place) if rows.stored(self.row_key(place)) else None

    def beginning(self, rows: Rows, topic: str) -> Beginning | None:
        """Return where the topic began when the function met it; None when that was not noted."""
        stored = rows.stored(self._beginning_key(topic))
        return Beginning.read(stored.value) if stored else None

    def knows(self, id: bytes) -> bool:
        """Was an event of this identity handled lately, at whatever place?"""
        return id in self._recent or id in self._older

    def advance(
        self,
        rows: Rows,
        records: Sequence[Record],
        ids: Mapping[Place, Sequence[bytes]],
        outputs: Sequence[Message],
        now_ms: int,
        course: Course | None = None,
    ) -> Advance:
        """Return what says that the records are handled; nothing is remembered before `committed`.

        `outputs` are those that are published after the transaction, not in it.
        """
        course = course or Course()
        found = Advance()
        if course.beginning:
            topic, beginning = course.beginning
            found.writes.append(Write(self._beginning_key(topic), beginning.encode(), None))
        for place, handled in _by_place(records).items():
            progress = copy(course.progress.get(place) or self._progress(rows, place))
            found.writes += self._unpublished.keep(place, progress, outputs, now_ms)
            outputs = ()  # of a batch over several partitions they are kept with the first one
            progress.go_on([record.offset for record in handled])
            progress.last_ms = max(progress.last_ms, *(r.timestamp_ms for r in handled))
            found.ids += ids.get(place, ())
            found.writes += self._put_away(place, progress, ids.get(place, ()))
            stored = rows.stored(self.row_key(place))
            value = found.rows[place] = progress.encode()
            found.progress[place] = progress
            found.writes.append(Write(self.row_key(place), value, stored.etag if stored else None))
        return found

    def following(self, records: Sequence[Record]) -> dict[Place, Progress] | None:
        """Return how far the function has come on each partition where these records go on there.

        None where this process does not know, or has to write something about it. What it knows
        may be old: another replica may have had the partition meanwhile, and then be further.
        """
        found: dict[Place, Progress] = {}
        with self._noting:
            for place, following in _by_place(records).items():
                value = self._written.get(place)
                if not value or self._unpublished.may_owe(place):
                    return None
                known = self._unwritten.over(place, self._decode(place, value))
                has_room = self._unwritten.has_room(place, known, following[-1].offset + 1)
                if known.next != following[0].offset or not has_room:
                    return None
                found[place] = known
        return found

    def pass_by(
        self, known: Mapping[Place, Progress], records: Sequence[Record], now_ms: int
    ) -> None:
        """Note that nothing comes of these records but that they are done: see `following`."""
        with self._noting:
            for place, passed in _by_place(records).items():
                self._unwritten.note(place, known[place], passed, now_ms)

    def waiting(self, now_ms: int, waiting_ms: int) -> list[Place]:
        """The partitions of which something passed by has waited for so long."""
        return self._unwritten.waiting(now_ms, waiting_ms)

    def catch_up(self, rows: Rows, place: Place, now_ms: int) -> Advance:
        """Return what writes how far the function has come; empty where there is nothing to write.

        Where another process has written the row since, what was noted here is forgotten. Outputs
        that are not published yet are left to the next unit of work.
        """
        stored = rows.stored(self.row_key(place))
        with self._noting:
            if self._unpublished.may_owe(place):
                return Advance()
            written = self._decode(place, stored.value) if stored else Progress()
            progress = self._unwritten.over(place, written)
            if not stored or stored.value != self._written.get(place) or progress is written:
                self._unwritten.forget(place)
                return Advance()
        writes = self._unpublished.keep(place, progress, (), now_ms)
        value = progress.encode()
        writes.append(Write(self.row_key(place), value, stored.etag))
        return Advance(writes, {place: value}, progress={place: progress})

    def committed(self, advance: Advance) -> None:
        """Remember what a successful transaction wrote; its outputs are not published yet."""
        with self._noting:
            self._remember(advance.ids)
            self._written.update(advance.rows)
            self._unpublished.committed(advance.rows)
            for place, progress in advance.progress.items():
                self._unwritten.written(place, progress)

    def published(self, rows: Mapping[Place, bytes]) -> None:
        """The outputs of the units of work that wrote these progress rows are with the broker.

        Those of a later one, which has got the partition meanwhile, may not be.
        """
        with self._noting:
            self._unpublished.published(p for p, row in rows.items() if self._written.get(p) == row)

    def written(self, places: Iterable[Place]) -> dict[Place, bytes]:
        """The progress rows of these partitions, as they were written last."""
        return {place: self._written[place] for place in places if place in self._written}

    def _put_away(self, place: Place, progress: Progress, ids: Sequence[bytes]) -> list[Write]:
        """Add the ids to the progress; when they are many, in a row of their own."""
        progress.ids += b"".join(ids)
        if len(progress.ids) < SEGMENT_IDS * HASH_BYTES:
            return []
        key = self._segment_key(place, progress.segments)
        write = Write(key, progress.ids, ANY, self._retention_seconds)
        progress.ids = b""
        progress.segments += 1
        return [write]

    def _progress(self, rows: Rows, place: Place) -> Progress:
        stored = rows.stored(self.row_key(place))
        if stored is None:
            return Progress()
        return self._unwritten.over(place, self._decode(place, stored.value))

    def _decode(self, place: Place, row: bytes) -> Progress:
        """Decode the row, once per value of it: it is asked for with every record."""
        value, progress = self._decoded.get(place, (None, None))
        if value is not row or progress is None:
            progress = Progress.read(row)
            self._decoded[place] = (row, progress)
        return progress

    def _segment_key(self, place: Place, number: int) -> str:
        topic, partition = place
        return f"ids/{self._function}/{topic}/{partition}/{number % SEGMENTS}"

    def _beginning_key(self, topic: str) -> str:
        return f"beginning/{self._function}/{topic}"

    def _remember(self, ids: Iterable[bytes]) -> None:
        """Add ids; two generations, so that forgetting is dropping the older one whole."""
        with self._noting:
            self._recent.update(ids)
            if len(self._recent) > WINDOW_IDS // 2:
                # In this order: `knows` looks into both meanwhile, and must find each id in one.
                self._older = self._recent
                self._recent = set()


def _neighbours(topic: str, start: int) -> list[Place]:
    return [(topic, number) for number in range(start, start + NEIGHBOURS)]


def _by_place(records: Iterable[Record]) -> dict[Place, list[Record]]:
    found: dict[Place, list[Record]] = {}
    for record in records:
        found.setdefault((record.topic, record.partition), []).append(record)
    return found


def _split(ids: bytes) -> Iterable[bytes]:
    return (ids[at : at + HASH_BYTES] for at in range(0, len(ids), HASH_BYTES))
