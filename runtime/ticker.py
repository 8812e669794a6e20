"""A thread that calls something again and again until it is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable

from runtime.errors import PlatformDown
from runtime.log import logger
from runtime.outages import say

log = logger("ticker")


class Ticker:
    """Calls every so many seconds; a call that fails is logged, and the next one comes."""

    def __init__(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        self._name = name
        self._seconds = seconds
        self._call = call
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"ticker-{name}", daemon=True)

    def start(self) -> None:
        """Begin; the first call comes after one period."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; the call under way is finished. See `join`."""
        self._stopping.set()

    def join(self, timeout_seconds: float) -> bool:
        """Wait until it has ended; False when it has not within the time."""
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                self._call()
            except PlatformDown as error:
                say(log, "ticker.put_off", error, ticker=self._name)
            except Exception:
                if self._stopping.is_set():
                    return  # what it calls was closed under it
                log.exception("ticker.failed", ticker=self._name)
