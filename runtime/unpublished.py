"""Which outputs may not be with the broker yet?

Where the platform does not publish in the transaction, outputs are written with it, kept beside the
progress of their partition until they are published, and published again by who takes over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from runtime.errors import PlatformDown
from runtime.progress import Place, Progress
from runtime.record import Message
from runtime.rows import Rows
from runtime.sidecars.base import ANY, Write

#: More bytes of outputs have a row of their own. A progress row is read with every batch, for its
#: etag; the outputs are read only by who takes over, and those of a full batch are megabytes. Few
#: stay in the progress row: a row costs PostgreSQL 0.16 ms.
MOST_BESIDE_BYTES = 8 * 1024

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Message]).decode


class Pending(NamedTuple):
    """Outputs that may not have been published, when they were to be, and by whom."""

    messages: list[Message]
    since_ms: int
    by_another: bool


class Unpublished:
    """The outputs of one function, as far as this process knows."""

    def __init__(self, function: str) -> None:
        self._function = function
        self._places: set[Place] = set()
        #: Those of which another process, or this one before a restart, has written the outputs.
        self._inherited: set[Place] = set()

    def keep(
        self, place: Place, progress: Progress, outputs: Sequence[Message], now_ms: int
    ) -> list[Write]:
        """Note the outputs in the progress, in place of the last ones; return what to write beside.

        What is beside it is no race: the progress row is written with its etag, and all or nothing.
        """
        row, had_row = _encode(outputs), progress.has_outputs_row
        progress.has_outputs_row = len(row) > MOST_BESIDE_BYTES
        progress.pending = [] if progress.has_outputs_row else list(outputs)
        progress.pending_ms = now_ms
        if progress.has_outputs_row:
            return [Write(self._row_key(place), row, ANY)]
        return [Write(self._row_key(place), None, ANY)] if had_row else []

    def inherit(self, place: Place, progress: Progress) -> None:
        """Another process has written this progress."""
        if progress.pending or progress.has_outputs_row:
            self._places.add(place)
            self._inherited.add(place)

    def committed(self, places: Iterable[Place]) -> None:
        """This process has written the progress of these partitions."""
        self._places.update(places)
        self._inherited.difference_update(places)

    def published(self, places: Iterable[Place]) -> None:
        """The outputs of these partitions are with the broker."""
        self._places.difference_update(places)

    def may_owe(self, place: Place) -> bool:
        """Whether outputs of this partition may not be with the broker yet."""
        return place in self._places

    def find(self, rows: Rows, place: Place, progress: Progress) -> Pending | None:
        """Return the outputs that may not have been published; None when there are none.

        Raises PlatformDown where their row is not there.
        """
        if place not in self._places:
            return None
        messages = self._read(rows, place) if progress.has_outputs_row else progress.pending
        return (
            Pending(messages, progress.pending_ms, place in self._inherited) if messages else None
        )

    def _read(self, rows: Rows, place: Place) -> list[Message]:
        key = self._row_key(place)
        stored = rows.stored(key)
        if stored is None:
            raise PlatformDown(
                f"The row {key!r} is missing, which the progress of {self._function} names. It is"
                " looked for again; if it stays away, the store has lost it."
            )
        return _decode(stored.value)

    def _row_key(self, place: Place) -> str:
        topic, partition = place
        return f"outputs/{self._function}/{topic}/{partition}"
