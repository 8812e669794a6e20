"""Which events wait behind an earlier one of their key? For functions with `ordered=True`.

A key with a waiting event has a queue: that event at its head, and whatever came since. Other keys
flow. The queue is kept in rows of the function, so it survives restarts and moves with partitions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from runtime.outputs import derived_id
from runtime.put_off import PutOff, packed
from runtime.rows import Rows

#: Packs of a queue that are read together with those of other keys: each has up to a megabyte, and
#: an answer of daprd up to 64.
_PACKS = 4


class _Queue(msgspec.Struct):
    """The packs of a key, from `first` up to the one before `next`."""

    first: int = 0
    next: int = 0


class Held:
    """The queues of one function. Works on the rows of the caller's unit of work."""

    def __init__(self, function: str) -> None:
        self._function = function
        #: The row that says how many keys are held: read with every batch, and mostly absent.
        self.count_key = f"held.keys/{function}"

    def load(
        self, rows: Rows, keys: Iterable[str | None], returning: Iterable[str | None] = ()
    ) -> None:
        """Read the queues of these keys at once, if there are any.

        Of keys whose first event may be `returning` also what waits behind it.
        """
        if self.any(rows):
            rows.load(self._queue_key(key) for key in keys if key is not None)
            queues = self._queues(rows, returning)
            rows.load(
                self._pack_key(key, number)
                for key, queue in queues
                for number in range(queue.first, min(queue.next, queue.first + _PACKS))
            )

    def load_ends(self, rows: Rows, keys: Sequence[str | None]) -> None:
        """Read at once what is changed where events are put into these queues, or back."""
        rows.load(self._queue_key(key) for key in keys if key is not None)
        rows.load(
            self._pack_key(key, number)
            for key, queue in self._queues(rows, keys)
            for number in (queue.first - 1, queue.first, queue.next)
        )

    def any(self, rows: Rows) -> bool:
        """Whether an event of any key waits."""
        return bool(rows.get(self.count_key, int))

    def holds(self, rows: Rows, key: str | None) -> bool:
        """Whether an event of this key waits. One without a key has no order to keep."""
        return (
            key is not None
            and self.any(rows)
            and rows.get(self._queue_key(key), _Queue) is not None
        )

    def head(self, rows: Rows, key: str) -> PutOff | None:
        """Return the event that the others of its key wait for."""
        queue: _Queue | None = rows.get(self._queue_key(key), _Queue)
        return self._pack(rows, key, queue.first)[0] if queue else None

    def append(self, rows: Rows, key: str, events: Sequence[PutOff]) -> None:
        """Put events at the end of the queue, which is begun when there is none."""
        queue = self._open(rows, key)
        for pack in packed(events):
            rows.put(self._pack_key(key, queue.next), pack)
            queue.next += 1
        self._put(rows, key, queue)

    def take(self, rows: Rows, key: str, most: int, most_bytes: float = math.inf) -> list[PutOff]:
        """Remove and return events from the front, pack by pack, until they are `most` or have
        `most_bytes`."""
        queue = self._open(rows, key)
        taken: list[PutOff] = []
        size = 0
        while queue.first < queue.next and len(taken) < most and size < most_bytes:
            pack = self._pack(rows, key, queue.first)
            taken += pack
            size += sum(len(event.record.value) for event in pack)
            rows.put(self._pack_key(key, queue.first), None)
            queue.first += 1
        self._put(rows, key, queue)
        return taken

    def put_back(self, rows: Rows, key: str, events: Sequence[PutOff]) -> None:
        """Put events before all others of the queue, in this order."""
        queue = self._open(rows, key)
        for pack in reversed(list(packed(events))):
            queue.first -= 1
            rows.put(self._pack_key(key, queue.first), pack)
        self._put(rows, key, queue)

    def _queues(self, rows: Rows, keys: Iterable[str | None]) -> Iterator[tuple[str, _Queue]]:
        for key in keys:
            if key is not None:
                yield key, rows.get(self._queue_key(key), _Queue) or _Queue()

    def _open(self, rows: Rows, key: str) -> _Queue:
        return rows.change(self._queue_key(key), _Queue) or _Queue()

    def _put(self, rows: Rows, key: str, queue: _Queue) -> None:
        """Write the queue, and count it where it begins or ends."""
        is_there = rows.get(self._queue_key(key), _Queue) is not None
        is_empty = queue.first == queue.next
        if is_there == is_empty:
            count = (rows.get(self.count_key, int) or 0) + (-1 if is_empty else 1)
            rows.put(self.count_key, count or None)
        rows.put(self._queue_key(key), None if is_empty else queue)

    def _pack(self, rows: Rows, key: str, number: int) -> list[PutOff]:
        found: list[PutOff] = rows.get(self._pack_key(key, number), list[PutOff])
        return found

    def _queue_key(self, key: str) -> str:
        # A hash: a record's key may be longer than a row's, or hold what Dapr forbids.
        return f"held/{self._function}/{derived_id(key)}"

    def _pack_key(self, key: str, number: int) -> str:
        return f"held.packs/{self._function}/{derived_id(key)}/{number}"
