"""Work that lost a race for a row is run again before anything new is begun, so that it wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from runtime import metrics
from runtime.errors import Conflict, PlatformDown
from runtime.uncommitted import Uncommitted, committed

#: Times one piece of work is run. More than a few are needed only where another replica changes
#: the same row all the time.
MOST_RUNS = 20
#: How long others let the losers go first; a slow function must not hold up a whole service.
MOST_SECONDS = 1.0

T = TypeVar("T")


class Reruns:
    """The losers of one service. Safe to use from many threads at once.

    All at once, where all change one row (a sequence of numbers), the same one may lose each time:
    a batch of events beside quick requests always would. So the losers take turns, and what comes
    new waits for them. A lock for each row would let more through, and needs its own rules for
    work that changes several.
    """

    def __init__(self, most_seconds: float = MOST_SECONDS) -> None:
        self._alone = threading.Lock()
        self._most_seconds = most_seconds

    def run(
        self,
        function_id: str,
        attempt: Callable[[], T],
        *,
        again: Callable[[], T] | None = None,
        turn: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> T:
        """Return what the attempt returns once it is no Conflict.

        After one it is run `again`, which may go about it differently, within a `turn`: whatever
        that waits for, others are made to wait only when it has come. Raises PlatformDown when
        every attempt was a Conflict, and all else that an attempt raises.
        """
        self._let_others_first()
        return self._first(attempt, function_id, again or attempt, turn)

    def begin(
        self, function_id: str, attempt: Callable[[], T | Uncommitted[T]]
    ) -> T | Uncommitted[T]:
        """Return what the attempt returns; if it loses at its `commit`, that runs it again.

        Raises as `run`, and so does the `commit`.
        """

        def whole() -> T:
            return committed(attempt())

        self._let_others_first()
        begun = self._first(attempt, function_id, whole)
        if not isinstance(begun, Uncommitted):
            return begun
        return Uncommitted(lambda: self._first(begun.commit, function_id, whole))

    def _first(
        self,
        attempt: Callable[[], T],
        function_id: str,
        again: Callable[[], T],
        turn: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> T:
        try:
            return attempt()
        except Conflict:
            with turn():
                return self._again(function_id, again)

    def _again(self, function_id: str, attempt: Callable[[], T]) -> T:
        """Run it until it is no Conflict; it was one already."""
        lost = metrics.RERUNS.labels(function_id).inc
        lost()
        has_turn = self._alone.acquire(timeout=self._most_seconds)
        try:
            for _ in range(1, MOST_RUNS):
                try:
                    return attempt()
                except Conflict:
                    lost()
        finally:
            if has_turn:
                self._alone.release()
        raise PlatformDown(f"The rows of {function_id} changed under it {MOST_RUNS} times.")

    def _let_others_first(self) -> None:
        if self._alone.locked() and self._alone.acquire(timeout=self._most_seconds):
            self._alone.release()
