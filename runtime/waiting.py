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
        #: The etag of each row that is waited for, as its waiters have read it or before that.
        self._seen: dict[str, str | None] = {}
        self._count = 0
        self._next = 0

    @contextmanager
    def waiting(self, keys: Mapping[str, str | None], wake: Wake) -> Iterator[bool]:
        """Have `wake` called when one of the rows changes; it may be called more than once.

        `keys` are the rows with the etags that the request has read them with, None for absent.
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
        """Look, in one request, whether another process has changed a row that is waited for.

        What the waiters have read themselves is compared with: waking each of them once to be
        sure would run thousands of requests again for nothing.
        """
        with self._lock:
            before = dict(self._seen)
        if not before:
            return
        found = get(list(before))
        etags = {key: found[key].etag if key in found else None for key in before}
        with self._lock:
            self._seen.update((key, etags[key]) for key in before if key in self._seen)
        self.notify(key for key in before if etags[key] != before[key])

    def _add(self, keys: Mapping[str, str | None], wake: Wake) -> int | None:
        with self._lock:
            if self._count >= self._most:
                return None
            self._count += 1
            self._next += 1
            number = self._next
            for key, etag in keys.items():
                self._wakes.setdefault(key, {})[number] = wake
                self._seen.setdefault(key, etag)
        metrics.WAITING.inc()
        return number

    def _remove(self, keys: Iterable[str], number: int) -> None:
        with self._lock:
            self._count -= 1
            for key in keys:
                self._wakes[key].pop(number, None)
                if not self._wakes[key]:
                    del self._wakes[key], self._seen[key]
        metrics.WAITING.dec()
