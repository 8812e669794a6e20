"""A platform in memory, for plain unit tests: it remembers what was done and fails when told to."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from runtime.clock import Clock
from runtime.errors import Conflict
from runtime.outages import Outages
from runtime.record import Message
from runtime.sidecars.base import ANY, Stored, Write, refuse_contradictions

Operation = Literal["get", "transact", "publish"]


@dataclass(frozen=True)
class _Row:
    stored: Stored
    expires_at: float | None


@dataclass(frozen=True)
class _Failure:
    error: Exception
    after: bool


class RecordingSidecar:
    """A Sidecar over a dict. What was published is in `messages`, what was called in `calls`.

    With `publishes_in_transaction` False it is like Dapr: `transact` takes no messages.
    """

    def __init__(
        self, clock: Clock | None = None, *, publishes_in_transaction: bool = True
    ) -> None:
        self.publishes_in_transaction = publishes_in_transaction
        self.outages = Outages()
        self.messages: list[Message] = []
        self.calls: list[Operation] = []
        self._clock = clock or Clock()
        self._rows: dict[str, _Row] = {}
        self._etags = itertools.count(1)
        self._failures: dict[Operation, _Failure] = {}
        self._lock = threading.Lock()

    @property
    def rows(self) -> dict[str, bytes]:
        """Every row that has not expired: key -> value."""
        with self._lock:
            alive = {key: self._alive(key) for key in self._rows}
        return {key: stored.value for key, stored in alive.items() if stored is not None}

    def fail_next(self, operation: Operation, error: Exception, *, after: bool = False) -> None:
        """Let the next call raise. With `after` it does its work first: only the answer is lost."""
        self._failures[operation] = _Failure(error, after)

    def get(self, keys: Sequence[str]) -> dict[str, Stored]:
        """Read many rows at once; absent ones are left out."""
        with self._lock:
            failure = self._begin("get")
            found = {key: stored for key in keys if (stored := self._alive(key)) is not None}
            self._end(failure)
            return found

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        """Make all changes and keep the messages, or do nothing at all."""
        if messages and not self.publishes_in_transaction:
            raise ValueError(f"{len(messages)} messages in a transaction; publish them after it.")
        refuse_contradictions(writes)
        with self._lock:
            failure = self._begin("transact")
            stale = [write.key for write in writes if not self._fits(write)]
            if stale:
                raise Conflict(f"Rows {stale[:3]} have changed since they were read.")
            for write in writes:
                self._write(write)
            self.messages.extend(messages)
            self._end(failure)

    def publish(self, messages: Sequence[Message]) -> None:
        """Keep the messages."""
        with self._lock:
            failure = self._begin("publish")
            self.messages.extend(messages)
            self._end(failure)

    def publish_again(
        self, messages: Sequence[Message], since_ms: int, *, by_another: bool = False
    ) -> None:
        """Publish those that are not there yet."""
        self.publish([message for message in messages if message not in self.messages])

    def close(self) -> None:
        """Do nothing: a test may still look."""

    def _begin(self, operation: Operation) -> _Failure | None:
        self.calls.append(operation)
        failure = self._failures.pop(operation, None)
        if failure is not None and not failure.after:
            raise failure.error
        return failure

    def _end(self, failure: _Failure | None) -> None:
        if failure is not None:
            raise failure.error

    def _alive(self, key: str) -> Stored | None:
        row = self._rows.get(key)
        if row is None or (row.expires_at is not None and row.expires_at <= self._now()):
            return None
        return row.stored

    def _fits(self, write: Write) -> bool:
        stored = self._alive(write.key)
        return write.etag == ANY or write.etag == (stored.etag if stored else None)

    def _write(self, write: Write) -> None:
        if write.value is None:
            self._rows.pop(write.key, None)
            return
        expires_at = None if write.ttl_seconds is None else self._now() + write.ttl_seconds
        stored = Stored(write.value, str(next(self._etags)))
        self._rows[write.key] = _Row(stored, expires_at)

    def _now(self) -> float:
        return self._clock.now().timestamp()
