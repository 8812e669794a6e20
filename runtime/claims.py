"""What is being written right now, so that whoever wants to read it has to wait?

While one unit of work is written, the next one is worked on. It must find everything as if the one
before it were done: the rows, and the ids of events that it handled. What they do not share, and of
events that each have their own rows that is nearly everything, nobody waits for.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager


class Claims:
    """Keys of rows and hashes of ids, as long as they are being written. Safe for many threads."""

    def __init__(self) -> None:
        self._ended = threading.Condition()
        self._claimed: list[set[Hashable]] = []

    @contextmanager
    def claiming(self, what: Iterable[Hashable]) -> Iterator[None]:
        """Have everybody else wait for it until the end of this block.

        Whoever claims must not wait any more: two that wait for each other would do so for ever.
        """
        claimed = set(what)
        with self._ended:
            self._claimed.append(claimed)
        try:
            yield
        finally:
            with self._ended:
                self._claimed = [each for each in self._claimed if each is not claimed]
                self._ended.notify_all()

    def wait(self, what: Iterable[Hashable]) -> None:
        """Return once nobody else is writing any of it; costs nothing where nothing is written."""
        if not self._claimed:
            return
        wanted = list(what)
        with self._ended:
            self._ended.wait_for(lambda: all(each.isdisjoint(wanted) for each in self._claimed))
