"""Functions wait until the lookup tables of their service hold what their topics held at start."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from runtime.delivery import Consumer
from runtime.errors import PlatformDown
from runtime.log import logger

log = logger("tables")


class Ends(Protocol):
    """Says where a topic's partitions end: partition -> (first offset, next offset)."""

    def __call__(self, topic: str) -> Mapping[int, tuple[int, int]]: ...


class CatchingUp:
    """Whether the tables of one service have caught up; from then on it costs nothing to ask."""

    def __init__(self, fillers: Sequence[Consumer], ends: Ends, most_seconds: float) -> None:
        self._ends = ends
        self._most_seconds = most_seconds
        self._deadline: float | None = None
        self._waiting = list(fillers)
        self._goals: dict[str, Mapping[int, tuple[int, int]]] = {}
        self._lock = threading.Lock()

    def check(self) -> None:
        """Return when the functions may run; raises PlatformDown when they must wait still.

        After the time that `tables_wait_seconds` sets they run with what is there: a topic whose
        last record cannot be read must not stop the service forever. That is logged. The time
        runs from when the broker has said where the topics end.
        """
        with self._lock:
            self._waiting = [filler for filler in self._waiting if not self._done(filler)]
            if not self._waiting:
                return
            if self._deadline is None:
                self._deadline = time.monotonic() + self._most_seconds
            names = ", ".join(filler.spec.id for filler in self._waiting)
            if time.monotonic() > self._deadline:
                log.warning("tables.not_caught_up", functions=names)
                self._waiting = []
                return
        raise PlatformDown(f"Waiting for the lookup tables that {names} fills.")

    def _done(self, filler: Consumer) -> bool:
        topic = str(filler.spec.trigger)
        if topic not in self._goals:
            self._goals[topic] = self._ends(topic)
        return all(
            low >= high or filler.position(topic, partition) >= high
            for partition, (low, high) in self._goals[topic].items()
        )
