"""Threads that do the work of requests, and do not get in each other's way."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from runtime.uncommitted import Uncommitted

#: Pieces of work that are done before what they did is committed, at most.
MOST_TOGETHER = 32
#: One that has not come on for so long waits for something, and another thread goes on.
STUCK_SECONDS = 0.005

#: What is to be done. What it returns is what is said, or is `Uncommitted`.
Work = Callable[[], Any]
_Future = asyncio.Future[Any]


class Crew:
    """Up to `most` threads; more than `eager` work at once only if one of them waits.

    Where all that work waits for is in this process, one is enough: Python runs one at a time, and
    a change of thread for each step costs more than the step. Where it waits for somebody else,
    let all be eager. `run` is for one event loop; it is answered there.
    """

    def __init__(
        self, most: int, eager: int, name: str, *, stuck_seconds: float = STUCK_SECONDS
    ) -> None:
        self._pool = ThreadPoolExecutor(most, thread_name_prefix=name)
        self._most, self._eager = most, eager
        self._stuck_seconds = stuck_seconds
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Work, _Future]] = deque()
        self._done: list[tuple[Any, _Future]] = []
        #: Since when something is done that nobody was told.
        self._since = 0.0
        self._working = 0
        self._steps = 0
        self._watched_steps: int | None = None

    def run(self, work: Work) -> _Future:
        """Have it done; the future gives what it returns or raises. To be called on the loop."""
        loop = asyncio.get_running_loop()
        future: _Future = loop.create_future()
        with self._lock:
            self._waiting.append((work, future))
            if self._working < self._eager:
                self._add_worker()
        if self._watched_steps is None:
            self._watch(loop)
        return future

    def close(self) -> None:
        """Take no more work; what is under way is finished."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _add_worker(self) -> None:
        self._working += 1
        self._pool.submit(self._work)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look again and again, while there is work, whether it comes on."""
        with self._lock:
            is_stuck = self._steps == self._watched_steps and (self._waiting or self._done)
            if is_stuck and self._working < self._most:
                self._add_worker()
            self._watched_steps = self._steps if self._working else None
        if self._watched_steps is not None:
            loop.call_later(self._stuck_seconds, self._watch, loop)

    def _work(self) -> None:
        while step := self._next():
            step()
            self._steps += 1  # two threads may count as one: it is looked at for any change only

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            if self._waiting and len(self._done) < MOST_TOGETHER and not self._is_late():
                return partial(self._begin, *self._waiting.popleft())
            if self._done:
                done, self._done = self._done, []
                return partial(self._finish, done)
            self._working -= 1
            return None

    def _begin(self, work: Work, future: _Future) -> None:
        said = _outcome(work)
        with self._lock:
            if not self._done:
                self._since = time.monotonic()
            self._done.append((said, future))

    def _is_late(self) -> bool:
        """Whether what is done has waited too long for more, to be answered together."""
        return bool(self._done) and time.monotonic() - self._since > self._stuck_seconds

    def _finish(self, done: Sequence[tuple[Any, _Future]]) -> None:
        """Answer what is to be answered, then commit the others and answer those."""
        _tell([(said, future) for said, future in done if not isinstance(said, Uncommitted)])
        told: list[tuple[Any, _Future]] = []
        began = time.monotonic()
        for commit, future in [(s.commit, f) for s, f in done if isinstance(s, Uncommitted)]:
            told.append((_outcome(commit), future))
            if time.monotonic() - began > self._stuck_seconds:  # one had to be run again
                _tell(told)
                told, began = [], time.monotonic()
        _tell(told)


class _Raised:
    """What a piece of work raised instead of saying something."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def _outcome(work: Work) -> Any:
    try:
        return work()
    except BaseException as error:
        return _Raised(error)


def _tell(outcomes: Sequence[tuple[Any, _Future]]) -> None:
    """Have all of them told in one turn of the loop: to wake it costs as much as a row."""
    if outcomes:
        loop = outcomes[0][1].get_loop()
        try:
            loop.call_soon_threadsafe(_resolve, outcomes)
        except RuntimeError:
            return  # the server has stopped meanwhile: nobody listens


def _resolve(outcomes: Sequence[tuple[Any, _Future]]) -> None:
    for said, future in outcomes:
        if future.done():
            continue  # given up by who asked
        if isinstance(said, _Raised):
            future.set_exception(said.error)
        else:
            future.set_result(said)
