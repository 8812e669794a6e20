"""Both ends of the way on a Kafka cluster; see `latency`."""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka import Consumer, Producer, TopicPartition

from local.bench.workload import PARTITIONS
from runtime.record import Message

_LOOK_SECONDS = 0.1


class KafkaEnds:
    """Sends at once, and reads the results that come from now on."""

    def __init__(self, kafka: str, results: str) -> None:
        common = {"bootstrap.servers": kafka, "log_level": 0}
        self._producer = Producer({**common, "partitioner": "fnv1a_random", "linger.ms": 0})
        self._consumer = Consumer({**common, "group.id": "bench", "enable.auto.commit": False})
        places = [TopicPartition(results, number) for number in range(PARTITIONS)]
        for place in places:
            _, place.offset = self._consumer.get_watermark_offsets(place, timeout=10)
        self._consumer.assign(places)
        # Connections and lookups come before the clock runs.
        self._producer.list_topics(results, timeout=10)
        self._consumer.poll(0.5)

    def send(self, orders: Sequence[Message]) -> None:
        for order in orders:
            self._producer.produce(
                order.topic, order.value, order.key, headers=list(order.headers.items())
            )
        self._producer.poll(0)

    def read(self) -> list[str]:
        record = self._consumer.poll(_LOOK_SECONDS)
        if record is None or record.error() is not None:
            return []
        key = record.key() or b""
        return [key if isinstance(key, str) else key.decode()]

    def close(self) -> None:
        self._producer.flush(10)
        self._consumer.close()
