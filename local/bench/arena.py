"""Where the contestants meet: one cluster, and for each trial topics that hold nothing yet."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from local.bench import cpu
from local.bench.workload import PARTITIONS
from local.brokers.kafka import KafkaBroker
from local.cluster import Cluster
from local.errors import Failure
from runtime.record import Message

#: How long Kafka may take to make or forget a topic, or to take what it is given.
PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.05

#: The time of a result is when the broker had it, whoever sent it: the end of the measurement.
_CONFIG = {"message.timestamp.type": "LogAppendTime"}


@dataclass(frozen=True)
class Arena:
    """A cluster, and the folder for logs and rendered components."""

    cluster: Cluster
    directory: Path
    #: Part of every name, so that a cluster that is used again knows nothing of earlier runs.
    token: str = field(default_factory=lambda: secrets.token_hex(3))

    @cached_property
    def broker(self) -> KafkaBroker:
        """To make and read topics with."""
        return KafkaBroker(self.cluster.kafka, patience_seconds=PATIENCE_SECONDS)

    @cached_property
    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.cluster.kafka, "log_level": 0})

    def make_topics(self, names: Sequence[str], config: Mapping[str, str] = _CONFIG) -> None:
        """Make the topics, empty; those that are there are deleted, with all they hold."""
        self.delete_topics(names)
        for name in names:
            self.broker.create(name, PARTITIONS, config)

    def delete_topics(self, names: Sequence[str]) -> None:
        """Delete those that are there, and wait until they are gone."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        for deleted in self._admin.delete_topics(list(names)).values():
            try:
                deleted.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise
        while set(names) & self.broker.topics().keys():
            if time.monotonic() > deadline:
                raise Failure(
                    f"Kafka did not forget the topics {', '.join(names)}"
                    f" within {PATIENCE_SECONDS:g} s."
                )
            time.sleep(_LOOK_SECONDS)

    def publish(self, messages: Sequence[Message]) -> None:
        """Send as fast as the broker takes it; returns when it has all."""
        # Dapr's partitions; no callback for each record: that would cost more than sending it.
        settings = {"partitioner": "fnv1a_random", "linger.ms": 5, "acks": "all"}
        limits = {"queue.buffering.max.messages": len(messages) + 1}
        producer = Producer({"bootstrap.servers": self.cluster.kafka, **settings, **limits})
        for message in messages:
            producer.produce(
                message.topic, message.value, message.key, headers=list(message.headers.items())
            )
        if left := producer.flush(PATIENCE_SECONDS):
            raise Failure(f"Kafka has not taken {left} of {len(messages)} records in time.")

    def cpu_seconds(self) -> float:
        """Processor time of Kafka and PostgreSQL so far."""
        members = (self.cluster.member(name) for name in ("kafka", "postgres"))
        return cpu.seconds(member.process() for member in members)
