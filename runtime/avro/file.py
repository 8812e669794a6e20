"""A schema registry in one SQLite file: the laptop's, for which no server has to run.

Refused: the `mock://` registry of Confluent's client. It forgets its numbers with the process, and
the log keeps the records that were written by them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from runtime.errors import DecodeError, PlatformDown, SchemaRefused

_TABLES = """
CREATE TABLE IF NOT EXISTS schemas (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS versions (
    subject TEXT NOT NULL, version INTEGER NOT NULL, schema INTEGER NOT NULL,
    PRIMARY KEY (subject, version), UNIQUE (subject, schema));
"""


class FileRegistry:
    """Keeps schemas in a file; several processes may use it at the same time.

    A new version must be able to read what the one before has written (BACKWARD, the default of
    registries that are servers).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = f"the schema registry {path.name}"

    def schema(self, id: int) -> Sequence[str]:
        """Return the schema of this number. Raises DecodeError when there is none."""
        with self._asking() as file:
            found = file.execute("SELECT text FROM schemas WHERE id = ?", (id,)).fetchone()
        if found is None:
            raise DecodeError(f"The schema {id} is not in the registry.")
        return [found[0]]

    def register(self, subject: str, schema: str) -> int:
        """Keep a schema as the newest of its subject. Raises SchemaRefused."""
        with self._asking() as file:
            file.execute("BEGIN IMMEDIATE")  # two processes must not both make the next version
            before = file.execute(
                "SELECT text FROM schemas JOIN versions ON id = schema WHERE subject = ?"
                " ORDER BY version DESC LIMIT 1",
                (subject,),
            ).fetchone()
            if before is not None and before[0] != schema:
                _refuse_unreadable(subject, schema, before[0])
            file.execute("INSERT OR IGNORE INTO schemas (text) VALUES (?)", (schema,))
            [id] = file.execute("SELECT id FROM schemas WHERE text = ?", (schema,)).fetchone()
            file.execute(
                "INSERT OR IGNORE INTO versions SELECT ?1, 1 + coalesce(max(version), 0), ?2"
                " FROM versions WHERE subject = ?1",
                (subject, id),
            )
        return int(id)

    def newest(self, subject: str) -> int | None:
        """Return the number of the subject's newest schema; None without any."""
        with self._asking() as file:
            found = file.execute(
                "SELECT schema FROM versions WHERE subject = ? ORDER BY version DESC LIMIT 1",
                (subject,),
            ).fetchone()
        return None if found is None else int(found[0])

    def close(self) -> None:
        """Nothing stays open between calls."""

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        """One connection, one transaction; asked so seldom that none is kept."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, isolation_level=None)) as file:
                file.executescript(_TABLES)
                try:
                    yield file
                finally:
                    if file.in_transaction:
                        # What was refused has written nothing.
                        file.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise PlatformDown(f"{self._path} cannot be used: {error}.") from error


def _refuse_unreadable(subject: str, schema: str, before: str) -> None:
    from avro.compatibility import (  # a registry that is a server checks by itself
        ReaderWriterCompatibilityChecker,
        SchemaCompatibilityType,
    )
    from avro.schema import parse

    checker: Any = ReaderWriterCompatibilityChecker  # untyped
    found = checker().get_compatibility(
        parse(json.dumps(_plain(json.loads(schema)))), parse(json.dumps(_plain(json.loads(before))))
    )
    if found.compatibility is not SchemaCompatibilityType.compatible:
        reasons = "; ".join(sorted(found.messages))
        raise SchemaRefused(
            f"The new schema of {subject!r} cannot read what the one before has written: {reasons}."
        )


def _plain(schema: Any) -> Any:
    """The schema without logical types, which change nothing of compatibility: the library warns
    of those that it does not know."""
    if isinstance(schema, dict):
        return {name: _plain(value) for name, value in schema.items() if name != "logicalType"}
    return [_plain(each) for each in schema] if isinstance(schema, list) else schema
