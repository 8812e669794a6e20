"""How long does one event take, from its topic to the result's, at a rate that can be borne?"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Protocol

from local.errors import Failure
from runtime.record import Message

#: Events per second.
RATE = 100
#: Orders that are due within so long are sent together.
_BURST_SECONDS = 0.005
#: How long results may stay out.
PATIENCE_SECONDS = 30.0


class Ends(Protocol):
    """Both ends of the way: where orders go in, and where results come out."""

    def send(self, orders: Sequence[Message]) -> None:
        """Append the orders now."""
        ...

    def read(self) -> Iterable[str]:
        """Return the order ids of results that have come; waits a moment when there are none."""
        ...

    def close(self) -> None:
        """Let go of both ends."""
        ...


def measure(
    ends: Ends,
    orders: Sequence[Message],
    rate: float = RATE,
    patience_seconds: float = PATIENCE_SECONDS,
) -> list[float]:
    """Send the orders evenly; return the milliseconds until each one's result was read.

    Both ends are in this process, so there is one clock. Beyond 300 a second the orders go in
    bursts, every 5 ms those that are due: to sleep before each of thousands a second is more than
    one Python process can do. Bursts that are late follow at once, so the rate is held. Raises
    Failure when results stay out for so many seconds after the last order.
    """
    watch = _Watch(ends, len(orders))
    sent: dict[str, float] = {}
    try:
        start, size = time.perf_counter(), max(1, round(rate * _BURST_SECONDS))
        for number in range(0, len(orders), size):
            burst = orders[number : number + size]
            time.sleep(max(0.0, start + number / rate - time.perf_counter()))
            sent |= dict.fromkeys((order.key or "" for order in burst), time.perf_counter())
            ends.send(burst)
    finally:
        arrived = watch.finish(patience_seconds)
        ends.close()
    if missing := sent.keys() - arrived.keys():
        raise Failure(f"{len(missing)} of {len(orders)} results did not come at {rate:g}/s.")
    return [(arrived[id] - moment) * 1000 for id, moment in sent.items()]


class _Watch:
    """A thread that notes when the result of each order is read for the first time."""

    def __init__(self, ends: Ends, count: int) -> None:
        self._ends, self._count = ends, count
        self._arrived: dict[str, float] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bench-results", daemon=True)
        self._thread.start()

    def finish(self, patience_seconds: float) -> dict[str, float]:
        """Wait until all are there, or for some time, and return when each one came."""
        self._thread.join(patience_seconds)
        self._stopping.set()
        self._thread.join()
        return self._arrived

    def _run(self) -> None:
        while len(self._arrived) < self._count and not self._stopping.is_set():
            for id in self._ends.read():
                self._arrived.setdefault(id, time.perf_counter())
