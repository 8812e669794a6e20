"""One SQLite file for many threads: one writer at a time, and readers that never wait for it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from runtime.errors import PlatformDown, StoreRefused
from runtime.sidecars.embedded.schema import prepare

#: What is on the disk when a transaction has returned. Both survive a killed process.
#: "full": the transaction, also when the power fails. "normal": when the power fails, the last
#: moments may be gone, all together (rows, progress and outputs are one file, so nothing is
#: doubled by it; what somebody outside was told by then, an HTTP client, a mail, is not undone).
Durability = Literal["full", "normal"]

Parameters = Sequence[Any] | Mapping[str, Any]

#: How long a writer waits for another process that is writing, before it says so.
BUSY_SECONDS = 5.0
#: Pages of the write-ahead log before they are copied to the file: 16 MB.
_CHECKPOINT_PAGES = 4_000
#: Readers keep SQLite's 2 MB each: there are as many as busy threads.
_WRITER_CACHE_KIB = 32 * 1024

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Transaction:
    """What is done under the writer's lock; `committed` runs before the next writer comes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.execute = connection.execute
        #: Another number means that another process has written in between.
        self.version = int(connection.execute("PRAGMA data_version").fetchone()[0])
        self.committed: list[Callable[[], None]] = []


class Database:
    """The file at `path`, made when it is missing. Safe to use from many threads.

    Raises PlatformDown when it cannot be read or written now (disk full, locked, no such
    directory) and StoreRefused when it is damaged or not Sluice's.
    """

    def __init__(self, path: Path, durability: Durability = "full") -> None:
        self.path = path
        self._durability = durability
        self._writing = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        with self._translated():
            self._writer = self._connect()
            prepare(self._writer, path)
            self._writer.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Write: everything in the block is kept together, or nothing when it raises."""
        with self._writing, self._translated():
            self._require_open()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                transaction = Transaction(self._writer)
                yield transaction
                self._writer.execute("COMMIT")
            except BaseException:
                # SQLite ends the transaction itself on some errors, a full disk among them.
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            for committed in transaction.committed:
                committed()

    def row(self, sql: str, parameters: Parameters = ()) -> Any:
        """Read the first row, as a tuple or None. Meant for statements that have one row."""
        with self.reading() as connection:
            return connection.execute(sql, parameters).fetchone()

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Read all rows. Each one may cost a turn at the interpreter's lock: see `packs`."""
        with self.reading() as connection:
            return connection.execute(sql, parameters).fetchall()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for reading; it sees everything committed so far."""
        with self._translated():
            self._require_open()
            connection = self._borrow()
            try:
                yield connection
            finally:
                self._idle.append(connection)
                if self._closed:
                    self._close_idle()

    def close(self) -> None:
        """Wait for the transaction under way, then close. Reading and writing are refused then."""
        with self._writing:
            self._closed = True
            self._writer.close()
            self._close_idle()

    def _borrow(self) -> sqlite3.Connection:
        # A pool, not one per thread: threads end, and their connections would stay open.
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _close_idle(self) -> None:
        while self._idle:
            self._borrow().close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=BUSY_SECONDS,
            isolation_level=None,  # BEGIN and COMMIT stand where they are meant
            check_same_thread=False,
            cached_statements=512,
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {self._durability}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        return connection

    def _require_open(self) -> None:
        if self._closed:
            raise PlatformDown(f"{str(self.path)!r} was closed; open it again to go on.")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error

    def _explained(self, error: sqlite3.DatabaseError) -> Exception:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGED:
            return StoreRefused(
                f"{str(self.path)!r} is damaged or no SQLite file ({error}); expected Sluice's"
                " data. Restore a copy, or name another directory with --data."
            )
        if isinstance(error, sqlite3.OperationalError):
            return PlatformDown(f"{str(self.path)!r} cannot be used now: {error}{_cure(code)}")
        return error


def _cure(code: int) -> str:
    return {
        sqlite3.SQLITE_FULL: ". Free some space; work goes on by itself.",
        sqlite3.SQLITE_BUSY: f" for {BUSY_SECONDS:.0f} s by another process that writes.",
        sqlite3.SQLITE_CANTOPEN: ". Does the directory exist, and may you write to it?",
        sqlite3.SQLITE_READONLY: ". May you write to it?",
    }.get(code, ".")
