"""How far has one function come on one topic of the embedded log?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from runtime.record import Record
from runtime.sidecars.embedded import Store, TopicReader
from runtime.spec import FunctionSpec

#: A unit of work has no more events here, whatever the function would take: with 5,000 its service
#: needs more than 100 MB, and is hardly faster (docs/performance.md).
MOST_EVENTS = 3000


class Delivers(Protocol):
    """What the engine asks of a `runtime.delivery.Consumer`."""

    spec: FunctionSpec

    def position(self, topic: str, partition: int) -> int:
        """Return the offset that is handled next."""
        ...

    def deliver(self, records: Sequence[Record]) -> None:
        """Handle records of one topic. Raises PlatformDown: then the same may come again."""
        ...


class Stream:
    """Delivers one topic to one function, in the order of arrival. Not for several threads.

    Where it starts, after a failure too, is what the function's progress rows say, and what it has
    passed by since. The rows are written with the function's own, so they are right whatever was
    interrupted.
    """

    def __init__(self, store: Store, consumer: Delivers, topic: str) -> None:
        self._store = store
        self._consumer = consumer
        spec = consumer.spec
        # A lookup table may be large, and its rows come in no order: nearly each writes a page of
        # the index to itself, and the larger the batch, the more of them share one. Other functions
        # may write to large tables too, a little slower: nothing says which.
        self._most = spec.batch if spec.fills_table else min(spec.batch, MOST_EVENTS)
        self.topic = topic
        self._reader: TopicReader | None = None
        self._done = 0
        self._rested = False

    def step(self) -> int:
        """Deliver the next batch; return how many records that were. Raises PlatformDown."""
        if self._nothing_new():
            return 0
        reader = self._reader or self._open()
        try:
            records = reader.read(self._most)
            if records:
                self._consumer.deliver(records)
        except BaseException:
            self._reader, self._rested = None, False
            raise
        self._rested = not records
        if reader.drained:
            self._done = reader.after
        return len(records)

    def caught_up(self, ends: Mapping[str, int]) -> bool:
        """Whether everything up to these ends (`Log.ends`) has been delivered.

        Safe to ask from any thread.
        """
        return self._done >= ends.get(self.topic, 0)

    def _nothing_new(self) -> bool:
        """Whether that is known without asking the file, as it mostly is."""
        arrived = self._store.log.arrived(self.topic)
        return self._reader is not None and (self._rested or arrived > 0) and arrived <= self._done

    def _open(self) -> TopicReader:
        topic = self._store.topics.find(self.topic)
        positions = {
            partition: self._consumer.position(self.topic, partition)
            for partition in range(topic.partitions if topic else 0)
        }
        self._reader = self._store.reader(self.topic, positions)
        return self._reader
