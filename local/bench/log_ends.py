"""Both ends of the way on an embedded log, in the process that delivers; see `latency`."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.record import Message
from runtime.sidecars.embedded import Store

_LOOK_SECONDS = 0.1
_MOST = 1000


class LogEnds:
    """Appends at once, durably, and reads the results that come from now on."""

    def __init__(self, store: Store, results: str) -> None:
        self._store = store
        ends = {number: high for number, (_, high) in store.log.watermarks(results).items()}
        self._reader = store.reader(results, ends)
        self._watch = store.arrivals.watch([results])

    def send(self, orders: Sequence[Message]) -> None:
        self._store.publish(orders)

    def read(self) -> list[str]:
        self._watch.clear()
        records = self._reader.read(_MOST)
        if not records:
            self._watch.wait(_LOOK_SECONDS)
        return [record.key or "" for record in records]

    def close(self) -> None:
        self._watch.close()
