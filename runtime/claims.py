"""What is being written right now. Who comes next has to wait for it.

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

    @contextmanager
    def claiming(self, changed: Iterable[Hashable], seen: Iterable[Hashable]) -> Iterator[None]:
        """Have others wait until the end of this block, in which nobody may wait for a claim.

        Begins once nobody is left who has seen what is changed and has still to say so. Two that
        wait for each other, or one that waits for what it claims itself, wait for ever.
        """
        claim = _Claim(set(changed), set(seen))
        with self._ended:
            self._wait(lambda other: other.seen.isdisjoint(claim.changed))
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
            wanted = list(what)
            with self._ended:
                self._wait(lambda other: other.changed.isdisjoint(wanted))

    def free(self, what: Iterable[str]) -> list[str]:
        """Return what of it nobody is changing."""
        with self._ended:
            return [each for each in what if not any(each in c.changed for c in self._claims)]

    def _wait(self, is_apart: Callable[[_Claim], bool]) -> None:
        self._ended.wait_for(lambda: all(is_apart(other) for other in self._claims))
