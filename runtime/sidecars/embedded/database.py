"""One SQLite file for many threads: one writer at a time, and readers that never wait for it."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from runtime.errors import PlatformDown, PlatformSilent, StoreRefused
from runtime.outages import Outages
from runtime.sidecars.embedded.schema import prepare

#: Which transactions are on the disk when they return. All of them survive a killed process; this
#: is about the power failing. "full": every one. "acknowledged": those that somebody outside is
#: told of, an HTTP client or a tool; what functions did with the log's records since then may be
#: undone, all of it together, and is done again. "kill": none; the last moments may be gone.
Durability = Literal["full", "acknowledged", "kill"]

Parameters = Sequence[Any] | Mapping[str, Any]

#: How long a writer waits for another process that is writing, before it says so.
BUSY_SECONDS = 5.0
#: Pages of the write-ahead log before they are copied to the file: 64 MB. With 16 MB a large table
#: is loaded a fifth slower: the pages of its index are copied again and again.
_CHECKPOINT_PAGES = 16_000
#: Readers keep SQLite's 2 MB each: there are as many as busy threads.
_WRITER_CACHE_KIB = 8 * 1024

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

    def __init__(
        self,
        path: Path,
        durability: Durability = "acknowledged",
        *,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self.path = path
        self.outages = Outages()
        self._to_read, self._to_write = f"reading {str(path)!r}", f"writing {str(path)!r}"
        self._durability = durability
        self._busy_seconds = busy_seconds
        self._synced: bool | None = None
        self._writing = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._make()
        try:
            self._writer = self._connect()
            prepare(self._writer, path)
            self._writer.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error

    @contextmanager
    def transaction(self, *, repeatable: bool = False) -> Iterator[Transaction]:
        """Write: everything in the block is kept together, or nothing when it raises.

        `repeatable` says that what is lost when the power fails would be done again.
        """
        with self._writing:
            self._require_open()
            with self.outages.trying(self._to_write):
                try:
                    self._sync(repeatable)
                    self._writer.execute("BEGIN IMMEDIATE")
                    transaction = Transaction(self._writer)
                    yield transaction
                    self._writer.execute("COMMIT")
                except BaseException as error:
                    self._roll_back()
                    if isinstance(error, sqlite3.DatabaseError):
                        raise self._explained(error) from error
                    raise
            for committed in transaction.committed:
                committed()

    def row(self, sql: str, parameters: Parameters = ()) -> Any:
        """Read the first row, as a tuple or None. Meant for statements that have one row."""
        return self._read(sql, parameters, sqlite3.Cursor.fetchone)

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Read all rows. Each one may cost a turn at the interpreter's lock: see `packs`."""
        found: list[Any] = self._read(sql, parameters, sqlite3.Cursor.fetchall)
        return found

    def _read(
        self, sql: str, parameters: Parameters, fetch: Callable[[sqlite3.Cursor], Any]
    ) -> Any:
        self._require_open()
        connection = None
        try:
            with self.outages.trying(self._to_read):
                try:
                    connection = self._borrow()
                    return fetch(connection.execute(sql, parameters))
                except sqlite3.DatabaseError as error:
                    raise self._explained(error) from error
        finally:
            if connection is not None:
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

    def _make(self) -> None:
        """Have the file, and with it those that SQLite lays beside it, readable by its owner only.

        One that is there stays as it is. What is wrong with the place, SQLite says.
        """
        with suppress(OSError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=self._busy_seconds,
            isolation_level=None,  # BEGIN and COMMIT stand where they are meant
            check_same_thread=False,
            cached_statements=512,
        )
        self._write_ahead(connection)
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        return connection

    def _write_ahead(self, connection: sqlite3.Connection) -> None:
        """Where two open a new file at once, SQLite lets one of them fail instead of waiting.

        Each then waits for the other's lock, which `timeout` does not wait for: hence the pause
        here. It is over when the other has made the file.
        """
        deadline = time.monotonic() + self._busy_seconds
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _require_open(self) -> None:
        if self._closed:
            raise PlatformDown(f"{str(self.path)!r} was closed; open it again to go on.")

    def _sync(self, repeatable: bool) -> None:
        """Set whether the next commit waits for the disk; it then waits for all before it too."""
        synced = self._durability == "full" or (
            self._durability == "acknowledged" and not repeatable
        )
        if synced != self._synced:
            self._writer.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
            self._synced = synced

    def _roll_back(self) -> None:
        # SQLite ends the transaction by itself on some errors, a full disk among them.
        if self._writer.in_transaction:
            with suppress(sqlite3.DatabaseError):
                self._writer.execute("ROLLBACK")

    def _explained(self, error: sqlite3.DatabaseError) -> Exception:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGED:
            return StoreRefused(
                f"{str(self.path)!r} is damaged or no SQLite file ({error}); expected Sluice's"
                " data. Restore a copy, or name another directory with --data."
            )
        if isinstance(error, sqlite3.OperationalError):
            words = f"{str(self.path)!r} cannot be used now: {error}{self._cure(code)}"
            return PlatformSilent(words) if code == sqlite3.SQLITE_BUSY else PlatformDown(words)
        return error

    def _cure(self, code: int) -> str:
        return {
            sqlite3.SQLITE_FULL: ". Free some space; work goes on by itself.",
            sqlite3.SQLITE_BUSY: f" for {self._busy_seconds:g} s by another process that writes.",
            sqlite3.SQLITE_CANTOPEN: ". Does the directory exist, and may you write to it?",
            sqlite3.SQLITE_IOERR: ". Is the disk full, or gone?",
            sqlite3.SQLITE_READONLY: ". May you write to it?",
        }.get(code, ".")
