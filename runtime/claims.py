"""What is being written right now, so that who comes next has to wait for it?

While one unit of work is written, the next one is worked on. It must find everything as if the one
before it were done: the rows, and the ids of events that it handled. And what it changes must not
be published before what the one before it found there. What they do not share, and of events that
each have their own rows that is nearly everything, nobody waits for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple


class _Claim(NamedTuple):
    changed: set[Hashable]
    seen: set[Hashable]


class Claims:
    """Keys of rows and hashes of ids, as long as somebody is writing what follows from them.

    To be waited for and to be claimed by whoever has the turn, and by nobody else: so what was
    waited for stays free until the turn is over.
    """

    def __init__(self) -> None:
        self._ended = threading.Condition()
        self._claims: list[_Claim] = []
        self._waiting = 0

    @contextmanager
    def claiming(self, changed: Iterable[Hashable], seen: Iterable[Hashable]) -> Iterator[None]:
        """Have others wait until the end of this block, in which nobody may wait for a claim.

        Two that wait for each other, or one that waits for what it claims itself, wait for ever.
        """
        claim = _Claim(set(changed), set(seen))
        with self._ended:
            self._claims.append(claim)
        try:
            yield
        finally:
            with self._ended:
                self._claims.remove(claim)
                self._ended.notify_all()

    def wait_to_see(self, what: Iterable[Hashable]) -> None:
        """Return once nobody is changing any of it; costs nothing where nothing is claimed."""
        if self._claims:
            self._wait(list(what), lambda claim: claim.changed)

    def wait_to_change(self, what: Iterable[Hashable]) -> None:
        """Return once nobody who has seen any of it has still to write or say what follows."""
        if self._claims:
            self._wait(list(what), lambda claim: claim.seen)

    def free(self, what: Iterable[str]) -> list[str]:
        """Return what of it nobody is changing."""
        with self._ended:
            return [each for each in what if not any(each in c.changed for c in self._claims)]

    def _wait(self, wanted: list[Hashable], of: Callable[[_Claim], set[Hashable]]) -> None:
        with self._ended:
            self._waiting += 1
            self._ended.wait_for(lambda: all(of(each).isdisjoint(wanted) for each in self._claims))
            self._waiting -= 1
