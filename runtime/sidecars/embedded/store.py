"""A data directory, opened: its log, its state, and those who wait for records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from runtime.clock import Clock
from runtime.errors import PlatformDown
from runtime.record import Message
from runtime.sidecars.base import PROGRESS, Stored, Write
from runtime.sidecars.embedded.arrivals import Arrivals
from runtime.sidecars.embedded.database import Database, Durability
from runtime.sidecars.embedded.lock import DirectoryLock
from runtime.sidecars.embedded.log import Log
from runtime.sidecars.embedded.reader import TopicReader
from runtime.sidecars.embedded.retention import trim
from runtime.sidecars.embedded.state import State
from runtime.sidecars.embedded.topics import Topics

FILE = "sluice.db"


class Store:
    """Everything the embedded engine keeps. Safe to use from many threads.

    Make one with `Store.open`; use it as a context manager or close it.
    """

    def __init__(
        self,
        database: Database,
        lock: DirectoryLock | None,
        clock: Clock,
        partitions: Mapping[str, int],
    ) -> None:
        self._database = database
        self.outages = database.outages
        self._lock = lock
        self.topics = Topics(database, partitions)
        self.log = Log(database, self.topics, clock)
        self.state = State(database)
        self.arrivals = Arrivals(self._foreign)
        self._announced = self.log.last_seq()

    @classmethod
    def open(
        cls,
        data: Path | str,
        *,
        clock: Clock | None = None,
        partitions: Mapping[str, int] | None = None,
        durability: Durability = "acknowledged",
        exclusive: bool = True,
    ) -> Store:
        """Open a data directory, made when it is missing.

        `exclusive` is for the one process that delivers; tools that read and append beside it
        open with False. `partitions` are those of topics that nobody made yet, by name, else 3.
        Raises StoreRefused when another process delivers from it, or when its
        file is damaged, another program's, or of another layout.
        """
        data = Path(data)
        try:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = DirectoryLock(data) if exclusive else None
        except OSError as error:
            raise PlatformDown(
                f"The data directory {str(data)!r} cannot be used: {error.strerror}."
            ) from error
        try:
            database = Database(data / FILE, durability)
            return cls(database, lock, clock or Clock(), partitions or {})
        except BaseException:
            if lock is not None:
                lock.release()
            raise

    def get(self, service: str, keys: Sequence[str]) -> dict[str, Stored]:
        """Read rows of one service."""
        return self.state.get(f"{service}||", keys, self.log.now_ms())

    def transact(
        self, service: str, writes: Sequence[Write], messages: Sequence[Message] = ()
    ) -> None:
        """Write rows of one service and append messages, all or nothing."""
        if not writes and not messages:
            return
        self.topics.ensure({message.topic for message in messages})
        # Looked for from the end, where a unit of work has its progress.
        repeatable = any(write.key.startswith(PROGRESS) for write in reversed(writes))
        with self._database.transaction(repeatable=repeatable) as transaction:
            self.state.write(transaction, f"{service}||", writes, self.log.now_ms())
            self.log.append(transaction, messages)
        self._announce(messages)

    def publish(
        self, messages: Sequence[Message], *, timestamps_ms: Sequence[int] | None = None
    ) -> list[tuple[int, int]]:
        """Append messages, all or none, and return partition and offset of each."""
        if not messages:
            return []
        self.topics.ensure({message.topic for message in messages})
        with self._database.transaction() as transaction:
            places = self.log.append(transaction, messages, timestamps_ms)
        self._announce(messages)
        return places

    def reader(
        self,
        topic: str,
        positions: Mapping[int, int] | None = None,
        *,
        until: int | None = None,
    ) -> TopicReader:
        """Return a reader of one topic: see `TopicReader`."""
        bound = {} if until is None else {"until": until}
        return TopicReader(self._database, self.topics, topic, positions, **bound)

    def sweep(self) -> None:
        """Let go of records beyond their retention and of expired rows. For once a minute or so."""
        trim(self._database, self.log.now_ms())
        self.state.sweep(self.log.now_ms())

    def close(self) -> None:
        """Finish the write under way and let go of the file. Calling it twice does no harm."""
        self.arrivals.close()
        self._database.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _announce(self, messages: Sequence[Message]) -> None:
        if messages:
            self.arrivals.announce({message.topic for message in messages})

    def _foreign(self) -> Iterable[str]:
        newest = self.log.last_seq()
        if newest <= self._announced:
            return []
        appended = self.log.newest_since(self._announced)
        self.log.note(appended)
        self._announced = newest
        return appended
