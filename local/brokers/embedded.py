"""The log of a data directory, for tools: also while `sluice up` delivers from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from local.brokers.base import Stop
from runtime.record import Message, Record
from runtime.sidecars.embedded import Store

#: Records read at once.
CHUNK = 1000
#: How often a reader that waits for records asks whether it should stop.
POLL_SECONDS = 0.2


class EmbeddedBroker:
    """A data directory's topics. Opens the file beside the one process that delivers from it."""

    def __init__(self, data: Path) -> None:
        self._store = Store.open(data, exclusive=False)

    def topics(self) -> dict[str, int]:
        return self._store.topics.all()

    def create(self, topic: str, partitions: int, config: Mapping[str, str] = {}) -> None:
        """Make a topic; of `config` the log knows `retention.ms`, and compacts nothing."""
        kept = int(config.get("retention.ms", -1))
        self._store.topics.create(topic, partitions, kept if kept >= 0 else None)

    def watermarks(self, topic: str) -> dict[int, tuple[int, int]]:
        return self._store.log.watermarks(topic)

    def read(
        self,
        topic: str,
        *,
        from_offsets: Mapping[int, int] | None = None,
        follow: bool = False,
        stop: Stop | None = None,
    ) -> Iterator[Record]:
        until = None if follow else self._store.log.last_seq(topic)
        reader = self._store.reader(topic, from_offsets, until=until)
        watch = self._store.arrivals.watch([topic])
        try:
            while not (stop and stop()):
                watch.clear()
                records = reader.read(CHUNK)
                yield from records
                if not records and not follow:
                    return
                if not records:
                    watch.wait(POLL_SECONDS)
        finally:
            watch.close()

    def publish(
        self, messages: Sequence[Message], *, timestamps_ms: Sequence[int] | None = None
    ) -> list[tuple[int, int]]:
        return self._store.publish(messages, timestamps_ms=timestamps_ms)

    def close(self) -> None:
        self._store.close()
