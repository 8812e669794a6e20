"""What rows does the application keep? Read straight from the store, past the runtime.

Dapr cannot list keys, so on a cluster this asks PostgreSQL itself; on the embedded engine it asks
the SQLite file, also while `sluice up` writes to it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from local.errors import Failure, Misuse, nearest
from local.finding import DATABASE
from runtime.registry import Registry, Service
from runtime.rows import plain_key, row_key
from runtime.secrets import hide
from runtime.spec import TableSpec

if TYPE_CHECKING:
    import psycopg

#: Stands between the service and the key, in Dapr's stores and in ours.
_SEPARATOR = "||"
#: Behind everything that a key may hold.
_LAST = "\U0010ffff"


class Store(Protocol):
    """A store whose keys can be walked through."""

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield the keys that begin so, in order, with their values; expired rows are left out."""
        ...


class EmbeddedStore:
    """The state in the file of a data directory; see runtime/sidecars/embedded/schema.py."""

    def __init__(self, data: Path) -> None:
        self._address = f"{(data / DATABASE).resolve().as_uri()}?mode=ro"

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield the rows as they were when the reading began; no writer has to wait for it."""
        try:
            with closing(sqlite3.connect(self._address, uri=True)) as connection:
                yield from connection.execute(
                    "SELECT key, value FROM state WHERE key >= ? AND key < ?"
                    " AND (expires_ms IS NULL OR expires_ms > ?) ORDER BY key",
                    (prefix, prefix + _LAST, int(time.time() * 1000)),
                )
        except sqlite3.Error as error:
            raise Failure(f"The state at {self._address} cannot be read: {error}.") from error


class PostgresStore:
    """The state table of Dapr's `state.postgresql` v2."""

    def __init__(self, connection_string: str) -> None:
        self._connection_string = connection_string

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield the rows in chunks. Raises Failure when PostgreSQL does not answer."""
        import psycopg

        try:
            with (
                psycopg.connect(self._connection_string) as connection,
                connection.cursor("sluice_scan") as cursor,
            ):
                yield from cursor.execute(
                    "SELECT key, value FROM state WHERE starts_with(key, %s)"
                    " AND (expires_at IS NULL OR expires_at > now()) ORDER BY key",
                    [prefix],
                )
        except psycopg.Error as error:
            raise _failure(error) from None


def find_store(data: Path, kafka: str | None, postgres: str | None = None) -> Store | None:
    """Open the state of a data directory, or of a cluster; None where nobody says where that is.

    A cluster's is the one at `postgres`, or that of `sluice cluster up` where Kafka is the same.
    """
    if not kafka:
        return EmbeddedStore(data)
    if postgres:
        return PostgresStore(postgres)
    from local.cluster import find_cluster

    cluster = find_cluster()
    return PostgresStore(cluster.postgres) if cluster and cluster.kafka == kafka else None


def _failure(error: psycopg.Error) -> Failure:
    """What went wrong; not from it, which may quote the password."""
    import psycopg

    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        return Failure(
            "The address of the state store cannot be read; expected "
            "'host=... port=... user=... dbname=...' or postgresql://USER@HOST/DATABASE."
        )
    return Failure(
        f"The state table cannot be read: {hide(str(error).strip())}. "
        "Is PostgreSQL running? `sluice cluster status` tells."
    )


@dataclass(frozen=True)
class TableRows:
    """One table of one service."""

    service: str
    spec: TableSpec

    def rows(self, store: Store, key: str | None = None) -> Iterator[tuple[str, msgspec.Raw]]:
        """Yield keys and rows as JSON; only the row of `key` when one is given."""
        table = f"{self.service}{_SEPARATOR}{self.spec.name}/"
        prefix = f"{self.service}{_SEPARATOR}{row_key(self.spec.name, key)}" if key else table
        for found, value in store.scan(prefix):
            name = plain_key(found.removeprefix(table))
            if key in (None, name):
                yield name, self._unwrapped(value)

    def _unwrapped(self, value: bytes) -> msgspec.Raw:
        if not self.spec.listed:
            return msgspec.Raw(value)
        return msgspec.json.decode(value, type=_Listed).row


class _Listed(msgspec.Struct):
    """How the runtime keeps a row of a listed table."""

    row: msgspec.Raw


def tables_of(registry: Registry) -> list[TableRows]:
    """Return every table that a function asks for, once."""
    return [
        TableRows(service.name, spec)
        for service in registry.services.values()
        for spec in _tables(service)
    ]


def find_tables(registry: Registry, wanted: str) -> list[TableRows]:
    """Return the tables called `table` or `service.table`. Raises Misuse when there is none."""
    tables = tables_of(registry)
    found = [t for t in tables if wanted in (t.spec.name, f"{t.service}.{t.spec.name}")]
    if not found:
        names = {f"{t.service}.{t.spec.name}" for t in tables} | {t.spec.name for t in tables}
        raise Misuse(f"There is no table {wanted!r}. {nearest(wanted, names)}")
    return found


def _tables(service: Service) -> list[TableSpec]:
    specs = {table.name: table for f in service.functions.values() for table in f.tables}
    return [spec for _, spec in sorted(specs.items())]
