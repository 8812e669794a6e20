"""A real Kafka cluster, for tools: no consumer group is joined and none is disturbed."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka import Message as Delivered
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]
from confluent_kafka.cimpl import NewTopic

from local.brokers.base import Stop
from runtime.errors import PlatformDown
from runtime.kafka_records import offset_of, place_of, record_of
from runtime.record import Message, Record

#: How long a tool waits for an answer before it says that the cluster is out of reach.
PATIENCE_SECONDS = 10.0
#: How often a reader that waits for records asks whether it should stop.
POLL_SECONDS = 0.05
#: What the library says without type hints.
_FIRST, _END = OffsetSpec.earliest(), OffsetSpec.latest()  # type: ignore[no-untyped-call]
_PASSING = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    # Said by the client itself where no partition of a topic has a leader yet.
    KafkaError._NOENT,
    # We know of a new leader, and the broker that is asked does not yet; or the other way round.
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.FENCED_LEADER_EPOCH,
    # No broker counts as alive: the controller missed their heartbeats while the machine stalled.
    # Also a replication factor of the cluster's own beyond its brokers: that is told after a while.
    KafkaError.INVALID_REPLICATION_FACTOR,
}


class KafkaBroker:
    """A cluster at "host:port" (several separated by commas)."""

    def __init__(self, servers: str, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.servers = servers
        self.patience_seconds = patience_seconds
        self._common: dict[str, Any] = {
            "bootstrap.servers": servers,
            "log_level": 0,  # what matters of librdkafka's own lines comes back as an error
        }
        self._admin = AdminClient(dict(self._common))
        self._producer: Producer | None = None
        self._askers: dict[str, Consumer] = {}

    def topics(self) -> dict[str, int]:
        found = self._ask(lambda: self._admin.list_topics(timeout=self.patience_seconds)).topics
        return {
            name: len(topic.partitions)
            for name, topic in sorted(found.items())
            if not name.startswith("__")
        }

    def create(self, topic: str, partitions: int, config: Mapping[str, str] = {}) -> None:
        wanted = NewTopic(topic, num_partitions=partitions, config=dict(config))
        self._ask(lambda: self._make(wanted))
        deadline = time.monotonic() + self.patience_seconds
        while topic not in self.topics() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)  # made is not yet known to every broker
        self.watermarks(topic)  # and known is not yet led: who asks now would be refused

    def watermarks(self, topic: str) -> dict[int, tuple[int, int]]:
        places = [TopicPartition(topic, at) for at in range(self.topics().get(topic, 0))]
        lows = self._offsets(places, _FIRST)
        highs = self._offsets(places, _END)
        return {at: (lows[at], high) for at, high in sorted(highs.items())}

    def read(
        self,
        topic: str,
        *,
        from_offsets: Mapping[int, int] | None = None,
        follow: bool = False,
        stop: Stop | None = None,
        headers: Container[str] | None = None,
    ) -> Iterator[Record]:
        marks = self.watermarks(topic)
        starts = {at: (from_offsets or {}).get(at, low) for at, (low, _) in marks.items()}
        reading = _Reading(marks, starts, follow)
        if not reading.unfinished:
            return  # of thirty topics with dead letters most are empty
        consumer = self._consumer()
        try:
            consumer.assign([TopicPartition(topic, at, start) for at, start in starts.items()])
            while reading.unfinished and not (stop and stop()):
                for delivered in consumer.consume(500, timeout=POLL_SECONDS):
                    if self._arrived(delivered) and reading.wants(delivered):
                        yield record_of(delivered, headers)
                    reading.passed(delivered)
        finally:
            consumer.close()

    def publish(
        self, messages: Sequence[Message], *, timestamps_ms: Sequence[int] | None = None
    ) -> list[tuple[int, int]]:
        producer = self._open_producer()
        results: list[tuple[int, int] | KafkaError | None] = [None] * len(messages)
        for at, message in enumerate(messages):
            stamp: dict[str, Any] = {"timestamp": timestamps_ms[at]} if timestamps_ms else {}
            self._produce(producer, message, _report_to(results, at), stamp)
        producer.flush(self.patience_seconds + 2)
        return [self._written(result) for result in results]

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """Return the offsets that a consumer group has committed; partitions without are left out.

        Only clusters have groups: the embedded engine's functions keep their own positions.
        """
        places = [TopicPartition(topic, at) for at in range(self.topics().get(topic, 0))]
        asker = self._askers.get(group)
        if asker is None:
            # It joins nothing. Asked as an administrator, librdkafka 2.16 ends the whole process
            # while the group's coordinator is not ready: see runtime/kafka_topics.py.
            asker = self._askers[group] = Consumer({**self._common, "group.id": group})
        found = self._ask(lambda: asker.committed(places, timeout=self.patience_seconds))
        return {at.partition: at.offset for at in found if at.offset >= 0}

    def close(self) -> None:
        self._producer = None

    def _arrived(self, delivered: Delivered) -> bool:
        error = delivered.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise self._down(KafkaException(error))
        return error is None

    def _make(self, topic: NewTopic) -> None:
        made = self._admin.create_topics([topic], request_timeout=self.patience_seconds)
        try:
            _results(made)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise

    def _offsets(self, places: Sequence[TopicPartition], which: OffsetSpec) -> dict[int, int]:
        if not places:
            return {}
        wanted = dict.fromkeys(places, which)
        found = self._ask(lambda: _results(self._admin.list_offsets(wanted)))
        return {place.partition: result.offset for place, result in found.items()}

    def _consumer(self) -> Consumer:
        reading = {
            "group.id": "sluice-tools",  # the client wants one; nothing is committed under it
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 100,
        }
        return Consumer({**self._common, **reading})

    def _open_producer(self) -> Producer:
        if self._producer is None:
            # Dapr's Kafka client picks partitions by FNV-1a: an event of one key must land where
            # that key's other events are, whoever sent it.
            writing = {"acks": "all", "enable.idempotence": True, "partitioner": "fnv1a_random"}
            limits = {
                "message.max.bytes": 100_000_000,
                "delivery.timeout.ms": int(self.patience_seconds * 1000),
            }
            self._producer = Producer({**self._common, **writing, **limits, "linger.ms": 2})
        return self._producer

    def _produce(
        self, producer: Producer, message: Message, report: Any, stamp: dict[str, Any]
    ) -> None:
        while True:
            try:
                producer.produce(
                    message.topic,
                    message.value,
                    message.key,
                    headers=[(name, value.encode()) for name, value in message.headers.items()],
                    on_delivery=report,
                    **stamp,
                )
            except BufferError:
                producer.poll(POLL_SECONDS)  # the client's own queue is full: let it drain
            else:
                producer.poll(0)
                return

    def _written(self, result: tuple[int, int] | KafkaError | None) -> tuple[int, int]:
        if isinstance(result, tuple):
            return result
        raise self._down(KafkaException(result or KafkaError(KafkaError._TIMED_OUT)))

    def _ask(self, question: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + self.patience_seconds
        while True:
            try:
                return question()
            except KafkaException as error:
                unready = error.args[0].code() in _PASSING
                if not unready or time.monotonic() > deadline:
                    raise self._down(error) from error
                time.sleep(POLL_SECONDS)

    def _down(self, error: KafkaException) -> PlatformDown:
        return PlatformDown(
            f"Kafka at {self.servers} does not answer as expected: {error.args[0].str()}. "
            "Is it running there? `sluice cluster status` tells."
        )


class _Reading:
    """How far one reading of a topic has come."""

    def __init__(
        self, marks: Mapping[int, tuple[int, int]], starts: Mapping[int, int], follow: bool
    ) -> None:
        self.follow = follow
        self.ends = {at: high for at, (_, high) in marks.items()}
        self.open = {at for at, end in self.ends.items() if starts[at] < end}

    @property
    def unfinished(self) -> bool:
        return self.follow or bool(self.open)

    def wants(self, delivered: Delivered) -> bool:
        (_, partition), offset = place_of(delivered), offset_of(delivered)
        return self.follow or offset < self.ends[partition]

    def passed(self, delivered: Delivered) -> None:
        # The end of a partition is reported as an error: also where compaction took its last
        # records away, so that no offset ever reaches the mark.
        (_, partition), offset = place_of(delivered), offset_of(delivered)
        if delivered.error() is not None or offset + 1 >= self.ends[partition]:
            self.open.discard(partition)


def _results(asked: Mapping[Any, Future[Any]]) -> dict[Any, Any]:
    return {what: future.result() for what, future in asked.items()}


def _report_to(results: list[Any], at: int) -> Any:
    def report(error: KafkaError | None, delivered: Delivered) -> None:
        results[at] = error or (delivered.partition(), delivered.offset())

    return report
