"""The log: append in order, and what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from runtime.clock import Clock
from runtime.record import Message
from runtime.sidecars.embedded.database import Database, Transaction
from runtime.sidecars.embedded.packs import Entry, Pack, pack
from runtime.sidecars.embedded.partitioner import hashes_of
from runtime.sidecars.embedded.topics import Topic, Topics

_APPEND = "INSERT INTO packs (topic, records, newest_ms, size, body) VALUES (?, ?, ?, ?, ?)"
_SPANS = "INSERT INTO spans (topic, partition, first, next, pack) VALUES "
_NEXT = """
SELECT next FROM spans WHERE topic = ? AND partition = ? ORDER BY first DESC LIMIT 1
"""
_SINCE = """
SELECT name, max(seq) FROM packs JOIN topics ON topics.id = topic WHERE seq > ? GROUP BY name
"""
_ENDS = """
SELECT json_group_object(
    name, (SELECT ifnull(max(seq), 0) FROM packs WHERE packs.topic = topics.id)
) FROM topics
"""
_FIRST = """
SELECT first FROM spans WHERE topic = ? AND partition = ? ORDER BY first LIMIT 1
"""


class Log:
    """Topics with partitions; offsets of a partition are contiguous and start at 0."""

    def __init__(self, database: Database, topics: Topics, clock: Clock) -> None:
        self._database = database
        self._topics = topics
        self._clock = clock
        self._tails: dict[tuple[int, int], int] = {}
        self._tails_version = 0
        self._turns: dict[int, int] = {}
        self._arrived: dict[str, int] = {}

    def append(
        self,
        transaction: Transaction,
        messages: Sequence[Message],
        timestamps_ms: Sequence[int] | None = None,
    ) -> list[tuple[int, int]]:
        """Append in order, once a transaction, and return partition and offset of each.

        The topics must be there (`Topics.ensure`). Keyless messages take turns.
        """
        if transaction.version != self._tails_version:
            self._tails.clear()
            self._tails_version = transaction.version
        tails: dict[tuple[int, int], int] = {}
        now_ms = self.now_ms()
        placed: dict[Topic, list[Entry]] = {}
        places: list[tuple[int, int]] = []
        hashes = hashes_of([message.key or "" for message in messages])
        for index, message in enumerate(messages):
            topic = self._topics.find(message.topic)
            assert topic is not None
            chosen = self._turn(topic) if message.key is None else hashes[index]
            partition = chosen % topic.partitions
            tail = (topic.id, partition)
            offset = tails[tail] if tail in tails else self._tail(transaction, tail)
            tails[tail] = offset + 1
            timestamp_ms = now_ms if timestamps_ms is None else timestamps_ms[index]
            placed.setdefault(topic, []).append(
                (partition, offset, message.key, message.value, message.headers, timestamp_ms)
            )
            places.append((partition, offset))
        newest: dict[str, int] = {}
        for topic, of_topic in placed.items():
            for one in pack(of_topic):
                newest[topic.name] = self._insert(transaction, topic, one)
        transaction.committed += (lambda: self._tails.update(tails), lambda: self.note(newest))
        return places

    def note(self, newest: Mapping[str, int]) -> None:
        """Remember the newest pack of topics that something was appended to."""
        for topic, seq in newest.items():
            self._arrived[topic] = max(seq, self._arrived.get(topic, 0))

    def arrived(self, topic: str) -> int:
        """Return the newest pack known to have been appended since the store was opened, or 0.

        Costs nothing. Appends of this process are known at once, of others within 50 ms.
        """
        return self._arrived.get(topic, 0)

    def now_ms(self) -> int:
        """The clock's time, as records carry it."""
        return int(self._clock.now().timestamp() * 1000)

    def last_seq(self, topic: str | None = None) -> int:
        """Return the number of the newest pack, of a topic or of all; 0 when there is none."""
        if topic is None:
            return int(self._database.row("SELECT ifnull(max(seq), 0) FROM packs")[0])
        known = self._topics.find(topic)
        if known is None:
            return 0
        sql = "SELECT ifnull(max(seq), 0) FROM packs WHERE topic = ?"
        return int(self._database.row(sql, (known.id,))[0])

    def ends(self) -> dict[str, int]:
        """Return topic -> newest pack, of every topic."""
        found: dict[str, int] = msgspec.json.decode(self._database.row(_ENDS)[0])
        return found

    def newest_since(self, seq: int) -> dict[str, int]:
        """Return topic -> newest pack, for topics that have one with a number above this one."""
        return dict(self._database.rows(_SINCE, (seq,)))

    def watermarks(self, topic: str) -> dict[int, tuple[int, int]]:
        """Return the first offset and the one that is written next, by partition."""
        known = self._topics.find(topic)
        if known is None:
            return {}
        places = [(known.id, partition) for partition in range(known.partitions)]
        return {place[1]: (self._end(_FIRST, place), self._end(_NEXT, place)) for place in places}

    def _end(self, sql: str, place: tuple[int, int]) -> int:
        row = self._database.row(sql, place)
        return row[0] if row else 0

    def _insert(self, transaction: Transaction, topic: Topic, one: Pack) -> int:
        seq = transaction.execute(
            _APPEND, (topic.id, one.records, one.newest_ms, len(one.body), one.body)
        ).lastrowid
        assert seq is not None
        values: list[int] = []
        for partition, (first, following) in one.spans.items():
            values += (topic.id, partition, first, following, seq)
        transaction.execute(_SPANS + ", ".join(["(?, ?, ?, ?, ?)"] * len(one.spans)), values)
        return seq

    def _tail(self, transaction: Transaction, tail: tuple[int, int]) -> int:
        if tail not in self._tails:
            row = transaction.execute(_NEXT, tail).fetchone()
            self._tails[tail] = row[0] if row else 0
        return self._tails[tail]

    def _turn(self, topic: Topic) -> int:
        turn = self._turns[topic.id] = self._turns.get(topic.id, -1) + 1
        return turn
