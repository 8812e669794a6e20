"""Rows with etags: read many at once, write many in one transaction.

Every statement takes many rows, because each step of SQLite costs a turn at the interpreter's
lock (see `packs`); what is read comes back as one row, its values joined.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TypeVar

import msgspec

from runtime.errors import Conflict
from runtime.sidecars.base import Stored, Write, refuse_contradictions
from runtime.sidecars.embedded.database import Database, Transaction

#: Rows per statement, so that few different statements are ever prepared.
_SIZES = (256, 16, 1)

Item = TypeVar("Item")

_heads = msgspec.json.Decoder(list[tuple[int, int, int]])

# CROSS JOIN makes SQLite look up each wanted key in the index, and not walk through the table.
_GET = """
SELECT json_group_array(json_array(wanted.column1, state.etag, length(state.value))),
    CAST(group_concat(state.value, '') AS BLOB)
FROM ({rows}) AS wanted CROSS JOIN state ON state.key = wanted.column2
WHERE state.expires_ms IS NULL OR state.expires_ms > ?
"""
_INSERT = """
INSERT INTO state (key, value, etag, expires_ms) {rows}
ON CONFLICT (key) DO UPDATE
SET value = excluded.value, etag = excluded.etag, expires_ms = excluded.expires_ms
WHERE state.expires_ms <= ?
"""
_UPDATE = """
UPDATE state SET value = new.column3, etag = ?, expires_ms = new.column4
FROM ({rows}) AS new
WHERE state.key = new.column1 AND state.etag = new.column2
    AND (state.expires_ms IS NULL OR state.expires_ms > ?)
"""
_DELETE = """
DELETE FROM state WHERE id IN (
    SELECT state.id FROM ({rows}) AS old CROSS JOIN state ON state.key = old.column1
    WHERE state.etag = old.column2 AND (state.expires_ms IS NULL OR state.expires_ms > ?)
)
"""
_SCAN = """
SELECT key, value, etag FROM state WHERE key >= ? AND key > ? AND key < ?
    AND (expires_ms IS NULL OR expires_ms > ?)
ORDER BY key LIMIT ?
"""


class State:
    """The rows of all services, each under `<service>||<key>`: `prefix` is all up to the bars."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, prefix: str, keys: Sequence[str], now_ms: int) -> dict[str, Stored]:
        """Read rows; absent and expired ones are left out."""
        found: dict[str, Stored] = {}
        for part in _parts(keys):
            values = [value for pair in enumerate(part) for value in (pair[0], prefix + pair[1])]
            sql = _sized(_GET, "(?, ?)", len(part))
            heads, joined = self._database.row(sql, (*values, now_ms))
            start = 0
            for index, etag, length in _heads.decode(heads):
                value = joined[start : start + length]
                found[part[index]] = Stored(value, str(etag))
                start += length
        return found

    def write(
        self, transaction: Transaction, prefix: str, writes: Sequence[Write], now_ms: int
    ) -> None:
        """Make all changes. Raises Conflict, after which the transaction must not be committed."""
        refuse_contradictions(writes)
        # Random and not counted up: a row removed and made again must not look unchanged.
        etag = random.getrandbits(62)
        inserts = [w for w in writes if w.etag is None]
        updates = [w for w in writes if w.etag is not None and w.value is not None]
        deletes = [w for w in writes if w.etag is not None and w.value is None]
        for part in _parts(inserts):
            self._insert(transaction, prefix, part, etag, now_ms)
        for part in _parts(updates):
            self._update(transaction, prefix, part, etag, now_ms)
        for part in _parts(deletes):
            self._delete(transaction, prefix, part, now_ms)

    def scan(self, prefix: str, after: str, most: int, now_ms: int) -> list[tuple[str, Stored]]:
        """Return rows whose key starts with the prefix, in the order of their keys, for tools.

        `after` is the last key of the page before, "" for the first page.
        """
        bounds = (prefix, after, prefix + "\U0010ffff", now_ms, most)
        rows = self._database.rows(_SCAN, bounds)
        return [(key, Stored(value, str(etag))) for key, value, etag in rows]

    def sweep(self, now_ms: int) -> int:
        """Remove rows that have expired, and return how many. Until then they only look absent."""
        with self._database.transaction() as transaction:
            sql = "DELETE FROM state WHERE expires_ms <= ?"
            return int(transaction.execute(sql, (now_ms,)).rowcount)

    def _insert(
        self, tx: Transaction, prefix: str, writes: Sequence[Write], etag: int, now_ms: int
    ) -> None:
        values: list[object] = []
        for write in writes:
            values += (prefix + write.key, write.value, etag, _expiry(write, now_ms))
        sql = _sized(_INSERT, "(?, ?, ?, ?)", len(writes))
        _expect(tx.execute(sql, (*values, now_ms)).rowcount, writes, "exist already")

    def _update(
        self, tx: Transaction, prefix: str, writes: Sequence[Write], etag: int, now_ms: int
    ) -> None:
        values: list[object] = [etag]
        for write in writes:
            values += (prefix + write.key, _number(write.etag), write.value)
            values.append(_expiry(write, now_ms))
        sql = _sized(_UPDATE, "(?, ?, ?, ?)", len(writes))
        _expect(tx.execute(sql, (*values, now_ms)).rowcount, writes, "changed since they were read")

    def _delete(self, tx: Transaction, prefix: str, writes: Sequence[Write], now_ms: int) -> None:
        values: list[object] = []
        for write in writes:
            values += (prefix + write.key, _number(write.etag))
        sql = _sized(_DELETE, "(?, ?)", len(writes))
        _expect(tx.execute(sql, (*values, now_ms)).rowcount, writes, "changed since they were read")


def _parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    start = 0
    for size in _SIZES:
        while len(items) - start >= size:
            yield items[start : start + size]
            start += size


@cache
def _sized(sql: str, marks: str, count: int) -> str:
    return sql.replace("{rows}", "VALUES " + ", ".join([marks] * count))


def _expiry(write: Write, now_ms: int) -> int | None:
    return None if write.ttl_seconds is None else now_ms + write.ttl_seconds * 1000


def _number(etag: str | None) -> int:
    # An etag that is none of ours is as stale as any.
    return int(etag) if etag is not None and etag.isdecimal() and len(etag) < 20 else -1


def _expect(changed: int, writes: Sequence[Write], why: str) -> None:
    if changed != len(writes):
        raise Conflict(
            f"{len(writes) - changed} of {len(writes)} rows {why}, among"
            f" {[write.key for write in writes[:3]]}; nothing was written. Read them again."
        )
