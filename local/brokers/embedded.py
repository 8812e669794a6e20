"""The log of a data directory, for tools: also while `sluice up` delivers from it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path

from local.brokers.base import Stop
from runtime.record import Message, Record
from runtime.sidecars.embedded import Store

#: Records taken from the log at once.
_BATCH = 500
#: How often a reader that waits for records asks whether it should stop.
_POLL_SECONDS = 0.2


class EmbeddedBroker:
    """The topics in a data directory. One that nobody made is made when it is first written to.

    Given a store that is open already, it leaves it open.
    """

    def __init__(self, data: Path | str | Store) -> None:
        self._is_ours = not isinstance(data, Store)
        self._store = data if isinstance(data, Store) else Store.open(data, exclusive=False)

    def topics(self) -> dict[str, int]:
        """Return the number of partitions of every topic."""
        return self._store.topics.all()

    def create(self, topic: str, partitions: int, config: Mapping[str, str] = {}) -> None:
        """Make a topic; of one that is there, only the retention changes.

        Of Kafka's settings it heeds `retention.ms`, of at least one record a partition. It does
        not compact: a topic with `cleanup.policy` compact keeps all of its records.
        """
        self._store.topics.create(topic, partitions, _retention_ms(config))

    def watermarks(self, topic: str) -> dict[int, tuple[int, int]]:
        """Return the first offset and the one that will be written next, by partition."""
        return self._store.log.watermarks(topic)

    def read(
        self,
        topic: str,
        *,
        from_offsets: Mapping[int, int] | None = None,
        follow: bool = False,
        stop: Stop | None = None,
        headers: Container[str] | None = None,
    ) -> Iterator[Record]:
        """Yield records in the order in which they arrived, over all partitions."""
        until = None if follow else self._store.log.last_seq(topic)
        reader = self._store.reader(topic, from_offsets, until=until)
        watch = self._store.arrivals.watch([topic])
        stopped = stop or (lambda: False)
        try:
            while not stopped():
                watch.clear()
                records = reader.read(_BATCH)
                if not records and not follow:
                    return
                for record in records:
                    if stopped():
                        return
                    yield record
                if not records:
                    watch.wait(_POLL_SECONDS)
        finally:
            watch.close()

    def publish(
        self, messages: Sequence[Message], *, timestamps_ms: Sequence[int] | None = None
    ) -> list[tuple[int, int]]:
        """Append the messages, all or none, and return partition and offset of each."""
        return self._store.publish(messages, timestamps_ms=timestamps_ms)

    def close(self) -> None:
        """Let go of the file."""
        if self._is_ours:
            self._store.close()


def _retention_ms(config: Mapping[str, str]) -> int | None:
    kept = int(config.get("retention.ms", -1))
    return None if kept < 0 or "compact" in config.get("cleanup.policy", "") else kept
