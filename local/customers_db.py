"""The customers' own database: a table, and a log of its changes that triggers write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from functions.domain.customer import Customer
from local.errors import Failure

_TABLE = """
CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    address TEXT,
    level TEXT NOT NULL DEFAULT 'bronze'
)"""
#: AUTOINCREMENT: a number is never given twice, also when old entries are deleted.
_LOG = """
CREATE TABLE customer_changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    action TEXT NOT NULL,
    customer TEXT NOT NULL
)"""
#: Says which log this is, so that a database made anew is not taken for the old one.
_NAME = "CREATE TABLE customer_capture (log TEXT NOT NULL)"
#: What is told of a customer, where the table has the column.
_COLUMNS = {
    "id": "id",
    "first_name": "firstName",
    "last_name": "lastName",
    "email": "email",
    "address": "address",
    "level": "level",
}
#: Characters of a value that are told; a row must not be too large for an event.
_MOST_CHARACTERS = 10_000


def init(path: Path, seeds: Iterable[Customer]) -> bool:
    """Make the table with these customers if there is none, and its change log.

    A table that is there keeps its rows, and they are the first entries of the log. Returns False
    when the log is there already; then nothing is done. Raises Failure.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            if "customer_changes" in tables:
                return False
            if "customers" not in tables:
                connection.execute(_TABLE)
                connection.executemany(
                    "INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?)", map(_row, seeds)
                )
            _add_log(connection, path)
            connection.execute("COMMIT")
            return True
    except sqlite3.Error as error:
        raise Failure(f"The database {str(path)!r} cannot be used: {error}.") from error


def _add_log(connection: sqlite3.Connection, path: Path) -> None:
    there = [name for _, name, *_ in connection.execute("PRAGMA table_info(customers)")]
    if "id" not in there:
        raise Failure(f"The table 'customers' of {str(path)!r} has no column id.")
    columns = [name for name in _COLUMNS if name in there]
    connection.execute(_NAME)
    connection.execute("INSERT INTO customer_capture VALUES (?)", (str(uuid4()),))
    connection.execute(_LOG)
    # S608: what is put together are names of ours.
    connection.execute(f"{_note('created', '', columns)} FROM customers ORDER BY id")
    new, old_id = _note("{}", "NEW.", columns), _note("deleted", "OLD.", ["id"])
    triggers = {
        "inserted AFTER INSERT ON customers": new.format("created"),
        "edited AFTER UPDATE ON customers WHEN OLD.id IS NEW.id": new.format("edited"),
        "renamed AFTER UPDATE ON customers WHEN OLD.id IS NOT NEW.id": (
            f"{old_id}; {new.format('created')}"
        ),
        "deleted AFTER DELETE ON customers": old_id,
    }
    for what, then in triggers.items():
        connection.execute(f"CREATE TRIGGER customer_{what} BEGIN {then}; END")


def _note(action: str, row: str, columns: list[str]) -> str:
    """Return the SELECT that writes one entry for a row.

    Values are text, whatever they are in a table without strict types: what JSON cannot hold would
    make the change itself fail.
    """
    told = ", ".join(
        f"'{_COLUMNS[name]}', substr(CAST({row}{name} AS TEXT), 1, {_MOST_CHARACTERS})"
        for name in columns
    )
    into = "INSERT INTO customer_changes (action, customer)"
    return f"{into} SELECT '{action}', json_object({told})"


def _row(customer: Customer) -> tuple[object, ...]:
    return tuple(getattr(customer, name) for name in _COLUMNS)
