"""Requests that wait for a row to change, instead of clients that ask again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from runtime import metrics
from runtime.sidecars.base import Stored

Wake = Callable[[], None]


class Waiters:
    """Who waits for which rows. `notify` wakes those in this process, `poll` sees other writers."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._wakes: dict[str, dict[int, Wake]] = {}
        self._seen: dict[str, str | None] = {}
        self._count = 0
        self._next = 0

    @contextmanager
    def waiting(self, keys: Sequence[str], wake: Wake) -> Iterator[bool]:
        """Have `wake` called when one of the rows changes; it may be called more than once.

        Yields False when too many are waiting already. Look at the rows once more after this has
        begun: a change just before it wakes nobody.
        """
        number = self._add(keys, wake)
        if number is None:
            yield False
            return
        try:
            yield True
        finally:
            self._remove(keys, number)

    def notify(self, keys: Iterable[str]) -> None:
        """Wake everybody who waits for one of these rows. Costs nothing when nobody waits."""
        if not self._count:
            return
        with self._lock:
            wakes = [w for key in keys for w in self._wakes.get(key, {}).values()]
        for wake in wakes:
            wake()

    def poll(self, get: Callable[[Sequence[str]], Mapping[str, Stored]]) -> None:
        """Look, in one request, whether another process has changed a row that is waited for."""
        with self._lock:
            keys = list(self._wakes)
        if not keys:
            self._seen = {}
            return
        found = get(keys)
        etags = {key: found[key].etag if key in found else None for key in keys}
        changed = [key for key in keys if key in self._seen and self._seen[key] != etags[key]]
        # A row seen for the first time may have changed just before: wake once to be sure.
        changed += [key for key in keys if key not in self._seen]
        self._seen = etags
        self.notify(changed)

    def _add(self, keys: Sequence[str], wake: Wake) -> int | None:
        with self._lock:
            if self._count >= self._most:
                return None
            self._count += 1
            self._next += 1
            number = self._next
            for key in keys:
                self._wakes.setdefault(key, {})[number] = wake
        metrics.WAITING.inc()
        return number

    def _remove(self, keys: Sequence[str], number: int) -> None:
        with self._lock:
            self._count -= 1
            for key in keys:
                self._wakes[key].pop(number, None)
                if not self._wakes[key]:
                    del self._wakes[key]
        metrics.WAITING.dec()
