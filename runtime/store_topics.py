"""The topics of the embedded log, as `runtime.continuity` asks for them."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.sidecars.embedded import Store
from runtime.topics import Topic


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

    def first_from(self, topic: str, partition: int, offset: int) -> int | None:
        """Return the offset of the first record at or after `offset`; None when there is none."""
        low, high = self._store.log.watermarks(topic).get(partition, (0, 0))
        return max(low, offset) if max(low, offset) < high else None

    def contents(self, topic: str, partition: int, first: int, after: int) -> dict[int, int]:
        """Return nothing: it is asked only of a topic that was made anew."""
        return {}
