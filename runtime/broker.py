"""Where does a topic end? The one question to Kafka that Dapr has no answer for."""

from __future__ import annotations

from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaException, TopicPartition

from runtime.errors import PlatformDown

_TIMEOUT_SECONDS = 10


def ends(kafka: str, topic: str) -> Mapping[int, tuple[int, int]]:
    """Return partition -> (first offset, next offset); empty for a topic that does not exist.

    `kafka` is host:port. Raises PlatformDown when the broker does not answer.
    """
    asking = Consumer({"bootstrap.servers": kafka, "group.id": "sluice-ends"})
    try:
        found = asking.list_topics(topic, timeout=_TIMEOUT_SECONDS).topics[topic]
        return {
            number: asking.get_watermark_offsets(
                TopicPartition(topic, number), timeout=_TIMEOUT_SECONDS
            )
            for number in found.partitions
        }
    except KafkaException as error:
        raise PlatformDown(
            f"Kafka at {kafka} does not say where {topic!r} ends: {error}."
        ) from error
    finally:
        asking.close()
