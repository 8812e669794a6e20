"""The index in a file: the local implementation, for a machine without a search server."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from functions.domain.indexed import FoundOrders, IndexedOrder, OrderQuery
from runtime.errors import PlatformDown

#: How long another writer of the file is waited for.
_BUSY_SECONDS = 5.0
_TABLE, _FRESH = "orders", "rebuilt"


class FileIndex:
    """A table in a SQLite file. A real one: it survives restarts, and two processes may use it.

    It knows one machine only, and `q` looks at every order: for some 100,000 of them, not more.
    """

    def __init__(self, path: Path, table: str = _TABLE) -> None:
        self._path = path
        self._table = table

    def write(self, orders: Sequence[IndexedOrder]) -> None:
        """Write them in one transaction."""
        with self._connected() as connection, connection:
            connection.executemany(
                f"INSERT INTO {self._table} VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - a constant
                " ON CONFLICT (id) DO UPDATE SET version = excluded.version,"
                " customer = excluded.customer, state = excluded.state, words = excluded.words,"
                " document = excluded.document WHERE excluded.version > version",
                [_row(order) for order in orders],
            )

    def find(self, query: OrderQuery) -> FoundOrders:
        """Look through the table."""
        conditions, values = _conditions(query)
        where = " AND ".join(["TRUE", *conditions])
        counted = f"SELECT count(*) FROM {self._table} WHERE {where}"  # noqa: S608
        page = (
            f"SELECT document FROM {self._table} WHERE {where} AND id > ?"  # noqa: S608
            " ORDER BY id LIMIT ?"
        )
        with self._connected() as connection:
            [total] = connection.execute(counted, values).fetchone()
            rows = connection.execute(page, (*values, query.after or "", query.limit + 1))
            found = [msgspec.json.decode(row, type=IndexedOrder) for (row,) in rows]
        orders = found[: query.limit]
        return FoundOrders(orders, total, orders[-1].id if len(found) > query.limit else None)

    @contextmanager
    def rebuilding(self) -> Iterator[FileIndex]:
        """Fill a table beside this one, then let it take its name."""
        with self._connected() as connection:
            connection.execute(f"DROP TABLE IF EXISTS {_FRESH}")
        yield FileIndex(self._path, _FRESH)
        fresh = FileIndex(self._path, _FRESH)
        with fresh._connected() as connection:
            connection.executescript(
                f"BEGIN IMMEDIATE; DROP TABLE IF EXISTS {self._table};"
                f" ALTER TABLE {_FRESH} RENAME TO {self._table}; COMMIT"
            )

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """A connection for one piece of work: the table may be another one by the next."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=_BUSY_SECONDS)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {self._table} (id TEXT PRIMARY KEY,"
                    " version INTEGER, customer TEXT, state TEXT, words TEXT, document TEXT)"
                )
                yield connection
        except (sqlite3.OperationalError, OSError) as error:
            # A disk that is full, a file that somebody else holds: its events wait.
            raise PlatformDown(f"The index {str(self._path)!r} cannot be used: {error}.") from error


def _row(order: IndexedOrder) -> tuple[object, ...]:
    searched = (order.id, order.customer_id, *order.products, order.reason)
    return (
        order.id,
        order.version,
        order.customer_id,
        order.state.value,
        "".join(f" {word} " for text in searched if text for word in _words(text)),
        msgspec.json.encode(order).decode(),
    )


def _conditions(query: OrderQuery) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    values: list[object] = []
    if query.state is not None:
        conditions.append("state = ?")
        values.append(query.state.value)
    if query.customer_id is not None:
        conditions.append("customer = ?")
        values.append(query.customer_id)
    if query.product is not None:
        conditions.append("EXISTS (SELECT 1 FROM json_each(document, '$.product') WHERE value = ?)")
        values.append(query.product)
    if query.q:
        words = _words(query.q)
        conditions += ["instr(words, ?)"] * len(words) or ["FALSE"]
        values += [f" {word} " for word in words]
    return conditions, values


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
