"""Which records are old enough to let go of?"""

from __future__ import annotations

from typing import NamedTuple

from runtime.sidecars.embedded.database import Database, Transaction

#: Packs looked at in one transaction, so that writers never wait long for retention.
_STEP = 500

_TOPICS = "SELECT id, partitions, retention_ms FROM topics WHERE retention_ms >= 0"
_OLDEST = "SELECT seq, records, newest_ms FROM packs WHERE topic = ? ORDER BY seq LIMIT ?"
_SPANS = "SELECT first, pack FROM spans WHERE topic = ? AND partition = ? ORDER BY first LIMIT ?"
_NEWEST = "SELECT pack FROM spans WHERE topic = ? AND partition = ? ORDER BY first DESC LIMIT 1"


class _Topic(NamedTuple):
    id: int
    partitions: int
    cutoff_ms: int


def trim(database: Database, now_ms: int) -> int:
    """Remove packs that are older than their topic's retention; return how many records went.

    The newest pack of every partition stays whatever its age: the next offset follows from it.
    """
    gone = 0
    for id, partitions, retention_ms in database.rows(_TOPICS):
        topic = _Topic(id, partitions, now_ms - retention_ms)
        while removed := _trim(database, topic):
            gone += removed
    return gone


def _trim(database: Database, topic: _Topic) -> int:
    with database.transaction() as transaction:
        kept = _newest(transaction, topic)
        old = _old(transaction, topic, kept)
        for seq in old:
            transaction.execute("DELETE FROM packs WHERE seq = ?", (seq,))
        for partition in range(topic.partitions):
            _trim_spans(transaction, topic, partition, old, len(kept))
    return sum(old.values())


def _newest(transaction: Transaction, topic: _Topic) -> set[int]:
    found = [
        transaction.execute(_NEWEST, (topic.id, partition)).fetchone()
        for partition in range(topic.partitions)
    ]
    return {row[0] for row in found if row}


def _old(transaction: Transaction, topic: _Topic, kept: set[int]) -> dict[int, int]:
    """Return number -> records, oldest first and not beyond the first one that is wanted."""
    old: dict[int, int] = {}
    packs = transaction.execute(_OLDEST, (topic.id, _STEP + len(kept))).fetchall()
    for seq, records, newest_ms in packs:
        if newest_ms > topic.cutoff_ms:
            break
        if seq not in kept:
            old[seq] = records
    return old


def _trim_spans(
    transaction: Transaction, topic: _Topic, partition: int, old: dict[int, int], kept: int
) -> None:
    sql = "DELETE FROM spans WHERE topic = ? AND partition = ? AND first = ?"
    spans = transaction.execute(_SPANS, (topic.id, partition, _STEP + kept)).fetchall()
    for first, seq in spans:
        if seq in old:
            transaction.execute(sql, (topic.id, partition, first))
