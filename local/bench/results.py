"""The topic that a contestant publishes its results to: how many are there already?"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from confluent_kafka import Consumer, TopicPartition

from local.bench.answers import Answers
from local.bench.arena import Arena
from local.bench.silence import wait_for
from local.bench.workload import PARTITIONS


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
        wait_for(self._count, count, self.topic, alive)

    def read(self, count: int, alive: Callable[[], None]) -> Answers:
        """Read all of them, and again while there are fewer: `wait_for` counts markers too."""
        found: list[Answers] = []

        def read() -> int:
            found[:] = [Answers.of(self._arena.broker.read(self.topic))]
            return found[0].orders.total()

        wait_for(read, count, self.topic, alive)
        return found[0]

    def _count(self) -> int:
        # A transaction's marker takes an offset too; `read` is exact.
        marks = [self._consumer.get_watermark_offsets(place, timeout=10) for place in self._places]
        return sum(high for _, high in marks)
