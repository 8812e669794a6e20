"""Kafka's topics, and where the consumer groups stand on them: what Dapr does not tell."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from runtime.errors import PlatformDown
from runtime.kafka_records import record_of
from runtime.log import logger
from runtime.progress import Place
from runtime.record import Record
from runtime.topics import Topic

log = logger("kafka")

_TIMEOUT_SECONDS = 5.0
#: How long a member of a group may take until it lets go of its partitions: as long as a unit of
#: work. Then the next look tries again.
_JOIN_SECONDS = 60.0
#: What a reader takes ahead of what it is asked for; the library's own is 64 MB.
_READ_AHEAD_KIB = 4096
#: What the library says without type hints.
_FIRST, _END = OffsetSpec.earliest(), OffsetSpec.latest()  # type: ignore[no-untyped-call]


class KafkaTopics:
    """The topics of the Kafka at host:port. Connects when it is first asked."""

    def __init__(self, kafka: str) -> None:
        self._kafka = kafka
        self._lock = threading.Lock()
        self._client: AdminClient | None = None
        self._askers: dict[str, Consumer] = {}

    def find(self, names: Sequence[str]) -> dict[str, Topic]:
        """Return those that exist, by name. Raises PlatformDown."""
        found: dict[str, Topic] = self._ask(lambda admin: _find(admin, names))
        return found

    def records(
        self, topic: str, partition: int, first: int, after: int
    ) -> Generator[Record, None, None]:
        """Yield the records from `first` up to `after` that are there, in their order.

        `first` must not lie below what is there. Raises PlatformDown.
        """
        if first >= after:
            return
        limits = {"enable.partition.eof": True, "queued.max.messages.kbytes": _READ_AHEAD_KIB}
        consumer = Consumer(self._settings("sluice-asking") | limits)
        try:
            consumer.assign([TopicPartition(topic, partition, first)])
            while True:
                received = consumer.poll(_TIMEOUT_SECONDS)
                if received is None:
                    raise PlatformDown(f"Kafka at {self._kafka} does not hand out {topic!r}.")
                error = received.error()
                if error is not None and error.code() == KafkaError._PARTITION_EOF:
                    return
                if error is not None:
                    raise KafkaException(error)
                record = record_of(received)
                if record.offset < after:
                    yield record
                if record.offset + 1 >= after:
                    return
        except KafkaException as error:
            raise self._down(error) from error
        finally:
            consumer.close()

    def committed(self, group: str, places: Iterable[Place]) -> dict[Place, int]:
        """Return the offsets that a consumer group goes on at, where it has any.

        Raises PlatformDown.
        """
        # A consumer that joins nothing asks. `AdminClient.list_consumer_group_offsets` ends the
        # whole process, by a null pointer or an assertion of librdkafka 2.16, when the group's
        # coordinator is not ready: on a new cluster, and while a broker restarts.
        wanted = [TopicPartition(*place) for place in places]
        try:
            with self._lock:
                asker = self._askers.get(group)
                if asker is None:
                    asker = self._askers[group] = Consumer(self._settings(group))
                found = asker.committed(wanted, timeout=_TIMEOUT_SECONDS) if wanted else []
        except KafkaException as error:
            raise self._down(error) from error
        return {(at.topic, at.partition): at.offset for at in found if at.offset >= 0}

    def rewind(self, group: str, offsets: Mapping[Place, int]) -> bool:
        """Have a group that has members go on at these offsets; False when it could not be had.

        Kafka lets nobody move a group that has members, except a member. So one joins, says where
        to go on, and leaves; by that all members begin anew, and read what was said. That also
        wakes one that stands still.
        """
        joined = threading.Event()
        consumer = Consumer(
            self._settings(group) | {"partition.assignment.strategy": "range,roundrobin"}
        )
        try:
            topics = sorted({topic for topic, _ in offsets})
            consumer.subscribe(topics, on_assign=lambda *_: joined.set())
            for _ in range(int(_JOIN_SECONDS / 0.1)):
                consumer.poll(0.1)
                if joined.is_set():
                    places = [TopicPartition(*place, offset) for place, offset in offsets.items()]
                    consumer.commit(offsets=places, asynchronous=False)
                    return True
        except KafkaException as error:
            log.warning("kafka.not_rewound", group=group, reason=str(error))
        finally:
            consumer.close()
        return False

    def _ask(self, question: Callable[[AdminClient], Any]) -> Any:
        with self._lock:
            if self._client is None:
                self._client = AdminClient({"bootstrap.servers": self._kafka, "log_level": 0})
            client = self._client
        try:
            return question(client)
        except KafkaException as error:
            # One that was there before an outage may wait for the controller for good after it
            # (librdkafka 2.16), and its functions with it: the next question has a new one.
            with self._lock:
                if self._client is client:
                    self._client = None
            # The error's frames know the answers, which know the error: left, the old client and
            # its threads would stay until the cyclic collector comes, each failure one more.
            raise self._down(error) from error.with_traceback(None)

    def _settings(self, group: str) -> dict[str, Any]:
        return {
            "bootstrap.servers": self._kafka,
            "group.id": group,
            "enable.auto.commit": False,
            # As daprd reads: also what belongs to a transaction that was given up.
            "isolation.level": "read_uncommitted",
            "log_level": 0,
        }

    def _down(self, error: KafkaException) -> PlatformDown:
        return PlatformDown(f"Kafka at {self._kafka} does not answer: {error}.")


def _described(future: Any) -> Any:
    try:
        return future.result()
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return None
        raise


def _offsets(
    admin: AdminClient, places: Sequence[TopicPartition], which: OffsetSpec
) -> dict[Place, int]:
    if not places:
        return {}
    asked = admin.list_offsets(dict.fromkeys(places, which), request_timeout=_TIMEOUT_SECONDS)
    return {(at.topic, at.partition): future.result().offset for at, future in asked.items()}


def _find(admin: AdminClient, names: Sequence[str]) -> dict[str, Topic]:
    asked = admin.describe_topics(TopicCollection(list(names)), request_timeout=_TIMEOUT_SECONDS)
    found = {name: each for name, future in asked.items() if (each := _described(future))}
    places = [
        TopicPartition(name, partition.id)
        for name, each in found.items()
        for partition in each.partitions
    ]
    lows, highs = (_offsets(admin, places, which) for which in (_FIRST, _END))
    ends: dict[str, dict[int, tuple[int, int]]] = {name: {} for name in found}
    for (name, partition), high in highs.items():
        ends[name][partition] = (lows[name, partition], high)
    return {name: Topic(str(each.topic_id or ""), ends[name]) for name, each in found.items()}
