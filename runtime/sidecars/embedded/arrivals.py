"""Who waits for records of a topic, and who wakes them?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from runtime.errors import SluiceError

#: How often records that another process appended are looked for.
POLL_SECONDS = 0.05


class Watch:
    """One waiter. Clear it, look at the log, then wait: so that nothing falls in between."""

    def __init__(self, arrivals: Arrivals, topics: Iterable[str]) -> None:
        self._arrivals = arrivals
        self._event = threading.Event()
        self.topics = frozenset(topics)
        self.clear, self.wake = self._event.clear, self._event.set

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Return at the next append to one of the topics, or after the time; True if woken."""
        return self._event.wait(timeout_seconds)

    def close(self) -> None:
        """Stop being woken."""
        self._arrivals.forget(self)


class Arrivals:
    """Wakes those who wait: at once for this process' appends, within 50 ms for another's.

    `foreign` returns the topics that others have appended to since it was last asked.
    """

    def __init__(self, foreign: Callable[[], Iterable[str]]) -> None:
        self._foreign = foreign
        self._watches: set[Watch] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._poller: threading.Thread | None = None

    def watch(self, topics: Iterable[str]) -> Watch:
        """Return a watch on these topics; close it when it is no longer used."""
        watch = Watch(self, topics)
        with self._lock:
            self._watches.add(watch)
            if self._poller is None:
                self._poller = threading.Thread(target=self._poll, name="arrivals", daemon=True)
                self._poller.start()
        return watch

    def forget(self, watch: Watch) -> None:
        """Do not wake this one any more."""
        with self._lock:
            self._watches.discard(watch)

    def announce(self, topics: Iterable[str]) -> None:
        """Wake everybody who watches one of the topics."""
        topics = frozenset(topics)
        with self._lock:
            for watch in self._watches:
                if not topics.isdisjoint(watch.topics):
                    watch.wake()

    def close(self) -> None:
        """End the polling and wake everybody for the last time."""
        self._stopped.set()
        if self._poller is not None:
            self._poller.join()
        with self._lock:
            for watch in self._watches:
                watch.wake()

    def _poll(self) -> None:
        while not self._stopped.wait(POLL_SECONDS):
            with suppress(SluiceError):  # whoever reads next is told
                if self._watches:
                    self.announce(self._foreign())
