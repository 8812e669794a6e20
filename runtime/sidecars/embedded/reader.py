"""One topic from where a reader stopped, in the order of arrival over all its partitions."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.log import logger
from runtime.record import Record
from runtime.sidecars.embedded.database import Database
from runtime.sidecars.embedded.packs import unpack
from runtime.sidecars.embedded.topics import Topic, Topics

log = logger("log")

#: Bytes taken from the file at once, unless a single pack is larger: 80 orders of 675 lines.
MOST_BYTES = 4 << 20

#: What follows, from the index alone; usually all of it fits.
_FOLLOWING = """
SELECT max(seq), sum(records), sum(size) FROM (
    SELECT seq, records, size FROM packs
    WHERE topic = :topic AND seq > :after AND seq <= :until ORDER BY seq LIMIT :records
)
"""
#: The last pack that fits; the first one when it alone is too large.
_FITTING = """
WITH following AS (
    SELECT seq, records, size FROM packs
    WHERE topic = :topic AND seq > :after AND seq <= :until ORDER BY seq LIMIT :records
), running AS (
    SELECT seq, sum(records) OVER w AS records, sum(size) OVER w AS size
    FROM following WINDOW w AS (ORDER BY seq)
)
SELECT ifnull(max(seq) FILTER (WHERE records <= :records AND size <= :size), min(seq)) FROM running
"""
_JOINED = """
SELECT sum(records), CAST(group_concat(body, '') AS BLOB) FROM (
    SELECT records, body FROM packs WHERE topic = ? AND seq > ? AND seq <= ? ORDER BY seq
)
"""
_FOREVER = (1 << 63) - 1


class TopicReader:
    """Reads a topic once, forwards. Not for several threads.

    `positions` is partition -> first offset wanted; partitions that it lacks are read from their
    beginning. `until` is the last pack to read (`Log.last_seq`); without it there is no end.
    A topic that does not exist yet is empty.
    """

    def __init__(
        self,
        database: Database,
        topics: Topics,
        name: str,
        positions: Mapping[int, int] | None = None,
        *,
        until: int = _FOREVER,
    ) -> None:
        self._database = database
        self._topics = topics
        self._name = name
        self._positions = dict(positions or {})
        self._until = until
        self._topic: Topic | None = None
        self._ready: list[Record] = []
        self._taken = 0
        #: Every pack up to this one was taken from the file.
        self.after = 0

    @property
    def drained(self) -> bool:
        """Whether everything taken from the file was handed out."""
        return self._taken == len(self._ready)

    def read(self, most_records: int, most_bytes: int = MOST_BYTES) -> list[Record]:
        """Return the next records, none at the end. Raises PlatformDown."""
        while self.drained and self._found():
            if not self._fill(most_records, most_bytes):
                return []
        start, self._taken = self._taken, min(self._taken + most_records, len(self._ready))
        return self._ready[start : self._taken]

    def _found(self) -> bool:
        if self._topic is None:
            self._topic = self._topics.find(self._name)
            if self._topic is not None:
                self.after = self._start(self._topic)
        return self._topic is not None

    def _fill(self, most_records: int, most_bytes: int) -> bool:
        assert self._topic is not None
        asked = {
            "topic": self._topic.id,
            "after": self.after,
            "until": self._until,
            "records": most_records,
            "size": most_bytes,
        }
        last, records, size = self._database.row(_FOLLOWING, asked)
        if last is None:
            return False
        if records > most_records or size > most_bytes:
            last = self._database.row(_FITTING, asked)[0]
        count, body = self._database.row(_JOINED, (self._topic.id, self.after, last))
        floor = self._positions
        self._ready = [
            record
            for record in unpack(self._name, body, count)
            if record.offset >= floor.get(record.partition, 0)
        ]
        self._taken, self.after = 0, last
        return True

    def _start(self, topic: Topic) -> int:
        """Return the pack before the first one that has a wanted record."""
        sql = "SELECT ifnull(max(seq), 0) FROM packs WHERE topic = ?"
        starts = [self._database.row(sql, (topic.id,))[0]]
        for partition in range(topic.partitions):
            pack = self._first_pack(topic, partition)
            if pack is not None:
                starts.append(pack - 1)
        return int(min(starts))

    def _first_pack(self, topic: Topic, partition: int) -> int | None:
        wanted = self._positions.get(partition, 0)
        span = self._span(topic, partition, "first <= ? ORDER BY first DESC", wanted)
        if span is not None and wanted < span[1]:
            return int(span[2])
        following = self._span(topic, partition, "first > ? ORDER BY first", wanted)
        if following is not None:
            if wanted < following[0]:
                # Retention was faster than this reader: say so, and go on with what there is.
                self._warn("log.records_gone", partition, wanted, following[0])
            return int(following[2])
        if span is not None and wanted > span[1]:
            # The topic is shorter than the reader remembers, so it is not the topic it read.
            self._warn("log.position_beyond_end", partition, wanted, span[1])
            self._positions[partition] = 0
            return self._first_pack(topic, partition)
        return None

    def _span(
        self, topic: Topic, partition: int, which: str, offset: int
    ) -> tuple[int, ...] | None:
        sql = "SELECT first, next, pack FROM spans WHERE topic = ? AND partition = ? AND "
        row: tuple[int, ...] | None
        row = self._database.row(f"{sql}{which} LIMIT 1", (topic.id, partition, offset))
        return row

    def _warn(self, event: str, partition: int, wanted: int, found: int) -> None:
        log.warning(event, topic=self._name, partition=partition, wanted=wanted, found=found)
