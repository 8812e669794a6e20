"""The statements of the state store. Each takes many rows: `{rows}` stands for a list of values.

One statement per row would be simpler, and each step of SQLite costs a turn at the interpreter's
lock (see `packs`); so what is read comes back as one row, its values joined.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from runtime.sidecars.base import ANY, Write

# CROSS JOIN makes SQLite look up each wanted key in the index, and not walk through the table.
GET = """
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
_REPLACE = """
INSERT INTO state (key, value, etag, expires_ms) {rows}
ON CONFLICT (key) DO UPDATE
SET value = excluded.value, etag = excluded.etag, expires_ms = excluded.expires_ms
"""
_UPDATE = """
UPDATE state SET value = new.column3, etag = new.column4, expires_ms = new.column5
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
SWEEP = "DELETE FROM state WHERE expires_ms <= ?"

#: (key, write, new etag, milliseconds at which it expires) -> one row of values.
Values = Callable[[str, Write, int, int | None], tuple[object, ...]]


class Kind(NamedTuple):
    """One kind of change. `refused` says what is wrong when fewer rows changed than were given."""

    sql: str
    values: Values
    asks_time: bool
    refused: str | None


_STALE = "have changed since they were read"

INSERT = Kind(_INSERT, lambda k, w, e, x: (k, w.value, e, x), True, "exist already")
REPLACE = Kind(_REPLACE, lambda k, w, e, x: (k, w.value, e, x), False, None)
UPDATE = Kind(_UPDATE, lambda k, w, e, x: (k, _seen(w), w.value, e, x), True, _STALE)
REMOVE = Kind(_REMOVE, lambda k, w, e, x: (k,), False, None)
DELETE = Kind(_DELETE, lambda k, w, e, x: (k, _seen(w)), True, _STALE)


def kind_of(write: Write) -> Kind:
    """Return what a write does."""
    if write.value is None:
        return REMOVE if write.etag == ANY else DELETE
    if write.etag is None:
        return INSERT
    return REPLACE if write.etag == ANY else UPDATE


@cache
def sized(sql: str, columns: int, rows: int) -> str:
    """Return the statement for so many rows of so many columns."""
    marks = f"({', '.join('?' * columns)})"
    return sql.replace("{rows}", "VALUES " + ", ".join([marks] * rows))


def _seen(write: Write) -> int:
    # An etag that is none of ours is as stale as any.
    etag = write.etag or ""
    return int(etag) if etag.isascii() and etag.isdecimal() and len(etag) < 20 else -1
