"""How long does one event take, from its topic to the result's, at a rate that is easy to bear?"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from confluent_kafka import Consumer, Producer, TopicPartition

from local.bench.workload import PARTITIONS
from local.errors import Failure
from runtime.record import Message

#: Events per second.
RATE = 100
_PATIENCE_SECONDS = 30.0


def measure(kafka: str, results: str, orders: Sequence[Message], rate: float = RATE) -> list[float]:
    """Send the orders evenly; return the milliseconds until each one's result was read.

    Both ends are in this process, so there is one clock. Raises Failure when results stay out.
    """
    watch = _Watch(kafka, results, len(orders))
    producer = Producer({"bootstrap.servers": kafka, "partitioner": "fnv1a_random", "linger.ms": 0})
    sent: dict[str, float] = {}
    start = time.perf_counter()
    for number, order in enumerate(orders):
        time.sleep(max(0.0, start + number / rate - time.perf_counter()))
        sent[order.key or ""] = time.perf_counter()
        producer.produce(order.topic, order.value, order.key, headers=list(order.headers.items()))
        producer.poll(0)
    producer.flush(_PATIENCE_SECONDS)
    arrived = watch.finish()
    if missing := sent.keys() - arrived.keys():
        raise Failure(f"{len(missing)} of {len(orders)} results did not come to {results!r}.")
    return [(arrived[id] - moment) * 1000 for id, moment in sent.items()]


class _Watch:
    """A thread that notes when the result of each order is read for the first time."""

    def __init__(self, kafka: str, topic: str, count: int) -> None:
        self._count = count
        self._arrived: dict[str, float] = {}
        self._consumer = Consumer(
            {"bootstrap.servers": kafka, "group.id": "bench", "enable.auto.commit": False}
        )
        places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        for place in places:
            _, place.offset = self._consumer.get_watermark_offsets(place, timeout=10)
        self._consumer.assign(places)
        # The first fetch takes connections and lookups; it should not count.
        self._consumer.poll(0.5)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bench-results", daemon=True)
        self._thread.start()

    def finish(self) -> dict[str, float]:
        """Wait until all are there, or for some time, and return when each one came."""
        self._thread.join(_PATIENCE_SECONDS)
        self._stopping.set()
        self._thread.join()
        return self._arrived

    def _run(self) -> None:
        while len(self._arrived) < self._count and not self._stopping.is_set():
            record = self._consumer.poll(0.1)
            if record is not None and record.error() is None:
                key = record.key() or b""
                id = key if isinstance(key, str) else key.decode()
                self._arrived.setdefault(id, time.perf_counter())
        self._consumer.close()
