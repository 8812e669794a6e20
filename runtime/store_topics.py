"""The topics of the embedded log, as `runtime.continuity` asks for them."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from runtime.record import Record
from runtime.sidecars.embedded import Store
from runtime.topics import Topic

#: Records that are taken from the file together.
_AT_ONCE = 1000


class StoreTopics:
    """The topics of a store. Their offsets have no holes, and none is ever made anew."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, names: Sequence[str]) -> dict[str, Topic]:
        """Return those that exist, by name. Raises PlatformDown."""
        found = {name: self._store.topics.find(name) for name in names}
        return {
            name: Topic(str(topic.id), self._store.log.watermarks(name))
            for name, topic in found.items()
            if topic
        }

    def records(
        self, topic: str, partition: int, first: int, after: int
    ) -> Generator[Record, None, None]:
        """Yield the records from `first` up to `after` that are there, in their order.

        `first` must not lie below what is there. Raises PlatformDown.
        """
        ends = self._store.log.watermarks(topic)
        positions = {number: high for number, (_, high) in ends.items()}
        low, high = ends.get(partition, (0, 0))
        after = min(after, high)
        reader = self._store.reader(topic, positions | {partition: max(low, first)})
        while max(low, first) < after and (records := reader.read(_AT_ONCE)):
            for record in records:
                if record.partition == partition and record.offset < after:
                    yield record
                if record.partition == partition and record.offset + 1 >= after:
                    return
