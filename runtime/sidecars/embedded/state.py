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
from runtime.sidecars.base import ANY, Stored, Write, refuse_contradictions
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
_UPSERT = """
INSERT INTO state (key, value, etag, expires_ms) {rows}
ON CONFLICT (key) DO UPDATE
SET value = excluded.value, etag = excluded.etag, expires_ms = excluded.expires_ms
"""
_UPDATE = """
UPDATE state SET value = new.column3, etag = ?, expires_ms = new.column4
FROM ({rows}) AS new
WHERE state.key = new.column1 AND state.etag = new.column2
    AND (state.expires_ms IS NULL OR state.expires_ms > ?)
"""
_REMOVE = "DELETE FROM state WHERE key IN ({rows})"
_DELETE = """
DELETE FROM state WHERE id IN (
    SELECT state.id FROM ({rows}) AS old CROSS JOIN state ON state.key = old.column1
    WHERE state.etag = old.column2 AND (state.expires_ms IS NULL OR state.expires_ms > ?)
)
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
        for kind, of_kind in _sorted(writes).items():
            for part in _parts(of_kind):
                self._write(transaction, kind, prefix, part, etag, now_ms)

    def sweep(self, now_ms: int) -> int:
        """Remove rows that have expired, and return how many. Until then they only look absent."""
        with self._database.transaction() as transaction:
            sql = "DELETE FROM state WHERE expires_ms <= ?"
            return int(transaction.execute(sql, (now_ms,)).rowcount)

    def _write(
        self,
        transaction: Transaction,
        kind: str,
        prefix: str,
        writes: Sequence[Write],
        etag: int,
        now_ms: int,
    ) -> None:
        values: list[object] = []
        for write in writes:
            key, seen = prefix + write.key, _number(write.etag)
            if kind in (_INSERT, _UPSERT):
                values += (key, write.value, etag, _expiry(write, now_ms))
            elif kind == _UPDATE:
                values += (key, seen, write.value, etag, _expiry(write, now_ms))
            else:
                values += (key,) if kind == _REMOVE else (key, seen)
        if kind in (_INSERT, _UPDATE, _DELETE):
            values.append(now_ms)
        changed = transaction.execute(_sized(kind, _MARKS[kind], len(writes)), values).rowcount
        if changed != len(writes) and kind != _REMOVE:
            raise Conflict(
                f"{len(writes) - changed} of {len(writes)} rows {_WHY[kind]}, among"
                f" {[write.key for write in writes[:3]]}; nothing was written. Read them again."
            )


def _sorted(writes: Sequence[Write]) -> dict[str, list[Write]]:
    kinds: dict[str, list[Write]] = {}
    for write in writes:
        kinds.setdefault(_kind(write), []).append(write)
    return kinds


def _kind(write: Write) -> str:
    if write.value is None:
        return _REMOVE if write.etag == ANY else _DELETE
    if write.etag is None:
        return _INSERT
    return _UPSERT if write.etag == ANY else _UPDATE


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
