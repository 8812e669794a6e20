"""The topic that a contestant publishes its results to: how many are there already?"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from confluent_kafka import Consumer, TopicPartition

from local.bench.answers import Answers
from local.bench.arena import Arena
from local.bench.workload import PARTITIONS
from local.errors import Failure

_LOOK_SECONDS = 0.05
#: Nothing new for so long, and the trial has failed.
_SILENCE_SECONDS = 60.0


class Results:
    """Reads one topic; a context manager."""

    def __init__(self, arena: Arena, topic: str) -> None:
        self._arena = arena
        self.topic = topic
        self._places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        settings = {"group.id": "bench", "enable.auto.commit": False, "log_level": 0}
        self._consumer = Consumer({"bootstrap.servers": arena.cluster.kafka, **settings})

    def __enter__(self) -> Results:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._consumer.close()

    def wait_for(self, count: int, alive: Callable[[], None]) -> None:
        """Return when there are so many; Failure when none comes for a minute.

        Only the ends of the partitions are asked for: reading all would take processor time from
        the contestant. `alive` is called while waiting.
        """
        seen, silent_since = 0, time.monotonic()
        while (found := self._count()) < count:
            alive()
            if found > seen:
                seen, silent_since = found, time.monotonic()
            if time.monotonic() > silent_since + _SILENCE_SECONDS:
                raise Failure(f"{found:,} of {count:,} results came to {self.topic!r}, no more.")
            time.sleep(_LOOK_SECONDS)

    def read(self) -> Answers:
        """Read all of them."""
        return Answers.of(self._arena.broker.read(self.topic))

    def _count(self) -> int:
        # A transaction's marker takes an offset too; whoever has to be exact reads the records.
        marks = [self._consumer.get_watermark_offsets(place, timeout=10) for place in self._places]
        return sum(high for _, high in marks)
