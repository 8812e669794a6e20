"""Functions wait until the lookup tables of their service hold what their topics held at start."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from runtime.delivery import Consumer
from runtime.errors import PlatformDown
from runtime.log import logger

log = logger("tables")

#: How often the progress of a large table is told.
_TELL_SECONDS = 5.0


class Ends(Protocol):
    """Says where a topic's partitions end: partition -> (first offset, next offset)."""

    def __call__(self, topic: str) -> Mapping[int, tuple[int, int]]: ...


class CatchingUp:
    """Whether the tables of one service have caught up; from then on it costs nothing to ask.

    `most_seconds` is how long it is waited for while nothing comes into them.
    """

    def __init__(
        self,
        fillers: Sequence[Consumer],
        ends: Ends,
        most_seconds: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ends = ends
        self._most_seconds = most_seconds
        self._now = now
        self._waiting = list(fillers)
        self._goals: dict[str, Mapping[int, tuple[int, int]]] = {}
        self._deadline: float | None = None
        self._left = 0
        self._said: tuple[float, int] | None = None
        self._lock = threading.Lock()

    def check(self) -> None:
        """Return when the functions may run; raises PlatformDown when they must wait still.

        When nothing has come for `tables_wait_seconds` they run with what is there: a topic whose
        last record cannot be read must not stop the service forever. That is logged. A large table
        takes longer than that, and how far it is, is logged too. An outage is not waiting.
        """
        with self._lock:
            left = self._look()
            self._waiting = [filler for filler in self._waiting if left[filler.spec.id]]
            if not self._waiting:
                return
            names = ", ".join(filler.spec.id for filler in self._waiting)
            if not self._goes_on(sum(left.values())):
                log.warning("tables.not_caught_up", functions=names)
                self._waiting = []
                return
            self._tell(names)
        raise PlatformDown(f"Waiting for the lookup tables that {names} fills.")

    def _look(self) -> dict[str, int]:
        """Filler -> records that it has still to handle."""
        try:
            return {filler.spec.id: self._left_of(filler) for filler in self._waiting}
        except PlatformDown:
            self._deadline = None
            raise

    def _left_of(self, filler: Consumer) -> int:
        topic = str(filler.spec.trigger)
        if topic not in self._goals:
            self._goals[topic] = self._ends(topic)
        return sum(
            max(0, high - max(low, filler.position(topic, partition)))
            for partition, (low, high) in self._goals[topic].items()
            if low < high
        )

    def _goes_on(self, left: int) -> bool:
        """Whether to wait on: the time begins anew with every record that was handled."""
        if self._deadline is None or left < self._left:
            self._deadline = self._now() + self._most_seconds
        self._left = left
        return self._now() <= self._deadline

    def _tell(self, names: str) -> None:
        """Log how far it is once in a while, but nothing of tables that are there in a moment."""
        now = self._now()
        if self._said is None:
            self._said = (now, self._left)
        then, left_then = self._said
        if now - then >= _TELL_SECONDS:
            rate = round((left_then - self._left) / (now - then))
            log.info("tables.loading", functions=names, left=self._left, rows_per_second=rate)
            self._said = (now, self._left)
