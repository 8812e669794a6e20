"""Which tables does the file have, and which files are refused?"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from runtime.errors import StoreRefused

#: Marks the file as ours in its header ("SLUC").
APPLICATION_ID = 0x534C5543
#: Goes up when the tables below change in a way that older code cannot read.
LAYOUT = 1

_TABLES = """
CREATE TABLE topics (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    partitions    INTEGER NOT NULL,
    retention_ms  INTEGER                -- NULL keeps the records for good
) STRICT;
CREATE TABLE packs (                     -- the records of one append to one topic
    seq        INTEGER PRIMARY KEY,      -- arrival order over all topics
    topic      INTEGER NOT NULL REFERENCES topics,
    records    INTEGER NOT NULL,
    newest_ms  INTEGER NOT NULL,
    size       INTEGER NOT NULL,         -- bytes of the body
    body       BLOB NOT NULL
) STRICT;
CREATE INDEX packs_in_order ON packs (topic, seq, records, size);
CREATE TABLE spans (                     -- which offsets of a partition are in which pack
    topic      INTEGER NOT NULL,
    partition  INTEGER NOT NULL,
    first      INTEGER NOT NULL,
    next       INTEGER NOT NULL,         -- the offset after the last one
    pack       INTEGER NOT NULL,
    PRIMARY KEY (topic, partition, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE state (
    id          INTEGER PRIMARY KEY,     -- rows are large: the index over the keys stays small
    key         TEXT NOT NULL UNIQUE,
    value       BLOB NOT NULL,
    etag        INTEGER NOT NULL,
    expires_ms  INTEGER                  -- NULL keeps the row
) STRICT;
CREATE INDEX state_expiry ON state (expires_ms) WHERE expires_ms IS NOT NULL;
"""


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables in a new file, and raise StoreRefused for a file that is not ours to use."""
    connection.execute("BEGIN IMMEDIATE")  # two processes may be opening a new directory at once
    try:
        _prepare(connection, path)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    application_id, layout, objects = connection.execute(
        "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)"
        " FROM pragma_application_id, pragma_user_version"
    ).fetchone()
    if objects == 0:
        for statement in _TABLES.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {LAYOUT}")
    elif application_id != APPLICATION_ID:
        raise StoreRefused(
            f"{str(path)!r} is a SQLite file of another program; expected Sluice's data."
            " Name another directory with --data."
        )
    elif layout != LAYOUT:
        raise StoreRefused(
            f"{str(path)!r} has layout {layout}; this Sluice reads layout {LAYOUT}."
            " Use the Sluice that wrote it, or name another directory with --data."
        )
