"""Whose turn is it? A lock that is given to those who wait in the order in which they came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Turns that are had one at a time. Not for a thread that has one already.

    A plain lock mostly goes back to the thread that has just let go of it: beside one that takes
    it again and again the others would wait for ever.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()

    @contextmanager
    def turn(self, *, ahead: bool = False) -> Iterator[None]:
        """Wait for a turn, and have it in this block.

        With `ahead` before all who wait: for work that has had a turn and could not use it.
        """
        self._take(ahead)
        try:
            yield
        finally:
            self._pass_on()

    @contextmanager
    def turn_if_free(self) -> Iterator[bool]:
        """Have a turn in this block if nobody else has one; tell whether that is so."""
        with self._guard:
            is_mine, self._taken = not self._taken, True
        try:
            yield is_mine
        finally:
            if is_mine:
                self._pass_on()

    def _take(self, ahead: bool) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            if ahead:
                self._waiting.appendleft(mine)
            else:
                self._waiting.append(mine)
        mine.acquire()

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
