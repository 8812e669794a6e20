"""The rows of one unit of work: read once, changed in memory, written in one transaction.

An overlay over the state store. Every event of a batch sees what the events before it did; an
event that fails is rolled back alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from runtime import wire
from runtime.clock import Clock
from runtime.errors import Reject
from runtime.sidecars.base import Stored, Write

#: Reads many rows at once, e.g. `Sidecar.get`.
Get = Callable[[Sequence[str]], Mapping[str, Stored]]

#: Bytes of a key. PostgreSQL's index takes 2,704 of them, with the service's name before it.
MOST_KEY_BYTES = 2000


class Rows:
    """What is known of some rows, and what is to become of them.

    `lane` names who writes: pages of keys and timers are kept apart by it, so that two partitions
    handled at once by two replicas do not change the same row (it would be a Conflict each time).
    """

    def __init__(
        self, get: Get | None = None, *, lane: str = "0", clock: Clock | None = None
    ) -> None:
        self._get = get or (lambda keys: {})
        self.lane = lane
        self.clock = clock or Clock()
        #: The keys of rows that were asked for alone, after those that were known beforehand.
        self.late: list[str] = []
        self._stored: dict[str, Stored | None] = {}
        self._values: dict[str, Any] = {}
        self._touched: set[str] = set()
        self._undo: dict[str, Callable[[], None]] = {}
        self._ttl: dict[str, int] = {}
        self._encoded: dict[str, bytes] = {}

    def load(self, keys: Iterable[str]) -> None:
        """Read the rows that are not known yet, in one go."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._stored]
        if missing:
            found = self._get(missing)
            for key in missing:
                self._stored[key] = found.get(key)

    def stored(self, key: str) -> Stored | None:
        """Return the row as the store has it, without what this unit of work did to it."""
        if key not in self._stored:
            self.late.append(key)
            self.load([key])
        return self._stored[key]

    def get(self, key: str, wanted: Any) -> Any:
        """Return the row decoded to `wanted`, or None."""
        if key not in self._values:
            stored = self.stored(key)
            self._values[key] = wire.decode(stored.value, wanted) if stored else None
        return self._values[key]

    def put(self, key: str, value: Any, *, ttl_seconds: int | None = None) -> None:
        """Set the row; None removes it. It is not read now: `writes` does, with all others."""
        if key in self._values:
            before, ttl_before = self._values[key], self._ttl.get(key)
            self._remember(key, lambda: self._set(key, before, ttl_before))
        else:
            self._remember(key, lambda: self._forget(key))
        self._set(key, value, ttl_seconds)

    def change(self, key: str, wanted: Any) -> Any:
        """Return the row to be changed in place, or None when there is none."""
        row = self.get(key, wanted)
        encoded = self._encoded.pop(key, None)
        if row is not None and key not in self._undo:
            # A copy for the way back. Encoding is cheaper than a deep copy, and it is decoded
            # only if this event fails.
            before, ttl = encoded or wire.encode(row), self._ttl.get(key)
            self._remember(key, lambda: self._set(key, wire.decode(before, wanted), ttl))
        return row

    def begin(self) -> None:
        """Start an event: what it does can be undone by `rollback`."""
        self._undo = {}

    def end(self) -> None:
        """End an event: raises when a row that it changed cannot be written.

        It is encoded now, not for the transaction only, so that one bad row is one event's
        failure and not that of its batch.
        """
        for key in self._undo:
            if (value := self._values.get(key)) is not None:
                self._encoded[key] = _encode(value)

    def rollback(self) -> None:
        """Undo what was done since `begin`."""
        for undo in self._undo.values():
            undo()
        self._undo = {}

    def writes(self) -> list[Write]:
        """Return what has to be written; a row that ended as it began is left out.

        Rows that were put and never looked at are read here, in one request, for their etags.
        There is no way back any more.
        """
        # A way back knows these rows, which know it: left, all that a batch has read and made would
        # stay in memory until the cyclic collector comes, which is seldom.
        self._undo = {}
        changed = sorted(self._touched & self._values.keys())
        self.load(changed)
        return [write for key in changed if (write := self._write(key))]

    @property
    def read_keys(self) -> list[str]:
        """The keys that were asked for so far."""
        return list(self._stored)

    @property
    def seen(self) -> list[str]:
        """The keys of the rows that were looked at or changed, and not only brought."""
        return list(self._values)

    def known(self, prefix: str) -> dict[str, Any]:
        """The decoded rows below a prefix that are there now, in the order of their first use."""
        start = len(prefix)
        return {
            key[start:]: value
            for key, value in self._values.items()
            if value is not None and key.startswith(prefix)
        }

    def _remember(self, key: str, undo: Callable[[], None]) -> None:
        self._touched.add(key)
        self._undo.setdefault(key, undo)

    def _set(self, key: str, value: Any, ttl_seconds: int | None) -> None:
        self._values[key] = value
        self._encoded.pop(key, None)
        self._ttl.pop(key, None)
        if ttl_seconds is not None:
            self._ttl[key] = ttl_seconds

    def _forget(self, key: str) -> None:
        for known in (self._values, self._ttl, self._encoded):
            known.pop(key, None)

    def _write(self, key: str) -> Write | None:
        value, stored = self._values[key], self._stored[key]
        if value is None:
            return Write(key, None, stored.etag) if stored else None
        encoded = self._encoded.get(key) or _encode(value)
        if stored and stored.value == encoded and key not in self._ttl:
            return None
        return Write(key, encoded, stored.etag if stored else None, self._ttl.get(key))


def _encode(value: Any) -> bytes:
    return value if isinstance(value, bytes) else wire.encode(value)


def row_key(table: str, key: str) -> str:
    """Return the state key of a row; Dapr forbids `||` in keys, so `|` is percent-encoded.

    Raises Reject for a key that PostgreSQL would refuse on every attempt: that would look like an
    outage, and one event would hold up all others for good.
    """
    if not isinstance(key, str) or not key:
        raise ValueError(f"The key {key!r} of table {table!r} is no text; expected e.g. 'jumpers'.")
    return _row_key(table, key)


# The same rows are asked for several times by each event, and by many events. A batch may have
# 5,000 keys: fewer kept than that, and each one would be gone by the time it is asked for again.
@lru_cache(8192)
def _row_key(table: str, key: str) -> str:
    if "%" in key or "|" in key:
        key = key.replace("%", "%25").replace("|", "%7C")
    if not (key.isascii() and len(key) <= MOST_KEY_BYTES and "\0" not in key):
        _refuse_unstorable(table, key)
    return f"{table}/{key}"


def _refuse_unstorable(table: str, key: str) -> None:
    size = len(key.encode(errors="surrogatepass"))
    halved = any("\ud800" <= char <= "\udfff" for char in key)
    if "\0" in key or halved or size > MOST_KEY_BYTES:
        raise Reject(
            f"The key {key[:50]!r} of table {table!r} cannot be kept; expected at most "
            f"{MOST_KEY_BYTES} bytes of UTF-8 (it has {size}) without NUL.",
            status=400,
        )


def plain_key(key: str) -> str:
    """Undo what `row_key` did to the key itself."""
    return key.replace("%7C", "|").replace("%25", "%")
