"""The archive at work, on either engine: what was written to it, and what became of that."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from confluent_kafka import Message as Delivered
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from local.brokers.base import Broker
from local.brokers.embedded import EmbeddedBroker
from local.brokers.kafka import KafkaBroker
from local.cluster import Cluster
from local.cluster.ports import free_port
from local.finding import find_running
from local.launch import launch
from local.service_process import ServiceProcess
from local.states import EmbeddedStore, PostgresStore, Store
from local.topics import topics_of
from runtime.dead_letters import DeadLetter
from runtime.handled import next_offset
from runtime.record import Message, Record
from runtime.registry import load
from tests.hostile.records import Hostile, as_text
from tests.waiting import wait_until

FUNCTIONS = "tests.hostile.functions"
REGISTRY = load(FUNCTIONS)
SPEC = REGISTRY.functions()[0]
PAPERS, RECEIPTS = "papers", "receipts"
#: What fails is tried once more, soon, and what stands still is noticed soon.
ENVIRONMENT = {"SLUICE_RETRY_SECONDS": "0.2", "SLUICE_STANDSTILL_SECONDS": "1"}
PATIENCE_SECONDS = 90
PARTITIONS = 2
TOPICS = (PAPERS, RECEIPTS, SPEC.retry_topic, SPEC.dead_letter_topic)

Place = tuple[str, int, int]


#: What Dapr needs for itself is handed on neither way: see components/events.yaml.
_DAPRS_OWN = re.compile("^(partitionKey|rawPayload|ttlInSeconds|pubsubName|__.*)$")


@dataclass(frozen=True)
class Letter:
    """One dead letter: the record as it is, and why it was given up."""

    record: Record
    reason: DeadLetter


class Archive(ABC):
    """The archive and its log."""

    def __init__(self, broker: Broker, store: Store, app_id: str) -> None:
        self.broker = broker
        self._store = store
        self._app_id = app_id

    @abstractmethod
    def write(self, records: Sequence[Hostile]) -> list[Place]:
        """Append records in this order and return where each of them is."""

    @abstractmethod
    def headers(self, record: Hostile) -> dict[str, str]:
        """The headers as they are handed on."""

    def value(self, record: Hostile) -> bytes:
        """The value as it is published again."""
        return record.value or b""

    def wait_until_done(self, most: int) -> None:
        """Wait until everything is handled or given up, or the test fails: `most` records."""

        def is_done() -> bool:
            # In the order in which an event goes: from the rows to a topic to its end.
            waits = self._rows("later/") or self._waiting()
            return not waits and len(self.receipts()) + len(self.letters()) >= most

        wait_until(is_done, PATIENCE_SECONDS)

    def kept(self) -> dict[str, int]:
        """How often each paper was kept."""
        rows = self._rows("kept/")
        return {key: msgspec.json.decode(row) for key, row in rows.items()}

    def receipts(self) -> list[Place]:
        """The places of the records that were kept, one for each receipt."""
        told = [
            msgspec.json.decode(record.value)["data"]["place"].split(":")
            for record in self.broker.read(RECEIPTS)
        ]
        return [(topic, int(partition), int(offset)) for topic, partition, offset in told]

    def letters(self) -> list[Letter]:
        """What was given up, with the reasons."""
        found = self.broker.read(SPEC.dead_letter_topic)
        return [Letter(record, DeadLetter.read(record.headers)) for record in found]

    def _rows(self, prefix: str) -> Mapping[str, bytes]:
        prefix = f"{self._app_id}||{prefix}"
        return {key.removeprefix(prefix): row for key, row in self._store.scan(prefix)}

    def _waiting(self) -> list[Place]:
        """Where the next record is that was not looked at yet."""
        rows = self._rows(f"progress/{SPEC.name}/")
        reached = {place: next_offset(row) for place, row in rows.items()}
        return [
            (topic, partition, reached.get(f"{topic}/{partition}", low))
            for topic in (PAPERS, SPEC.retry_topic)
            for partition, (low, high) in self.broker.watermarks(topic).items()
            if reached.get(f"{topic}/{partition}", low) < high
        ]


class EmbeddedArchive(Archive):
    """On the embedded engine: keys and headers are text already when they are written."""

    def write(self, records: Sequence[Hostile]) -> list[Place]:
        messages = [
            Message(
                _topic(record),
                None if record.key is None else as_text(record.key),
                record.value or b"",
                self.headers(record),
            )
            for record in records
        ]
        now_ms = int(time.time() * 1000)
        times = [now_ms if record.at_ms is None else record.at_ms for record in records]
        places = self.broker.publish(messages, timestamps_ms=times)
        return [(_topic(r), *place) for r, place in zip(records, places, strict=True)]

    def headers(self, record: Hostile) -> dict[str, str]:
        return {name: as_text(value) for name, value in record.headers}


class KafkaArchive(Archive):
    """On real Kafka: keys and headers are bytes there, and daprd hands them on as text."""

    broker: KafkaBroker

    def __init__(self, cluster: Cluster, broker: Broker, app_id: str) -> None:
        super().__init__(broker, PostgresStore(cluster.postgres), app_id)
        self._producer = Producer(
            {
                "bootstrap.servers": cluster.kafka,
                "partitioner": "fnv1a_random",
                "message.max.bytes": 20_000_000,
            }
        )

    def write(self, records: Sequence[Hostile]) -> list[Place]:
        places: dict[int, Place] = {}
        for number, record in enumerate(records):
            at: dict[str, Any] = {} if record.at_ms is None else {"timestamp": record.at_ms}
            self._producer.produce(
                _topic(record),
                record.value,
                record.key,
                headers=list(record.headers),
                on_delivery=_report_to(places, number, record.name),
                **at,
            )
        self._producer.flush(60)
        return [places[number] for number in range(len(records))]

    def headers(self, record: Hostile) -> dict[str, str]:
        return {
            name: as_text(value) for name, value in record.headers if not _DAPRS_OWN.match(name)
        }

    def value(self, record: Hostile) -> bytes:
        # To daprd the JSON null is a tombstone.
        return b"" if record.value == b"null" else super().value(record)


@contextmanager
def embedded(data: Path) -> Iterator[Archive]:
    """`sluice up` in a process of its own: one that crashes takes no test with it."""
    data.mkdir(parents=True)
    port = free_port(set())
    words = [sys.executable, "-m", "local", "up", "--data", str(data), "--port", str(port)]
    with (data / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [*words, "--functions", FUNCTIONS, "--no-demo-data"],
            stdout=log,
            stderr=log,
            env={**os.environ, **ENVIRONMENT},
        )
    try:
        wait_until(lambda: find_running(data) is not None, 60)
        broker = EmbeddedBroker(data)
        yield EmbeddedArchive(broker, EmbeddedStore(data), "archive")
        broker.close()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, (data / "up.log").read_text()[-2000:]


@contextmanager
def on_dapr(cluster: Cluster, directory: Path) -> Iterator[tuple[KafkaArchive, ServiceProcess]]:
    """The service with its daprd, on Kafka and PostgreSQL; its topics and its rows are new."""
    app_id = f"archive-{uuid4().hex[:8]}"
    broker = KafkaBroker(cluster.kafka)
    make_topics(cluster, broker)
    with launch(
        "archive",
        FUNCTIONS,
        cluster,
        app_id=app_id,
        directory=directory,
        environment=ENVIRONMENT,
    ) as process:
        yield KafkaArchive(cluster, broker, app_id), process
        process.check_alive()
    broker.close()


def make_topics(cluster: Cluster, broker: KafkaBroker, names: Sequence[str] = TOPICS) -> None:
    """Make topics of two partitions; those that are there are deleted before."""
    admin = AdminClient({"bootstrap.servers": cluster.kafka})
    old = [name for name in names if name in broker.topics()]
    for done in admin.delete_topics(old).values() if old else ():
        done.result()
    wait_until(lambda: not set(names) & set(broker.topics()), 30)
    wanted = topics_of(REGISTRY, {})
    # Kafka takes no timestamps of the future unless it is told to, and its retention, which looks
    # every five minutes, would remove records of the past before they are read.
    any_time = {"message.timestamp.after.max.ms": str(2**63 - 1), "retention.ms": "-1"}
    for name in names:
        broker.create(name, PARTITIONS, {**wanted[name].config, **any_time})


def _topic(record: Hostile) -> str:
    return SPEC.retry_topic if record.is_retry else PAPERS


def _report_to(places: dict[int, Place], number: int, name: str) -> Callable[..., None]:
    def report(error: object, delivered: Delivered) -> None:
        assert error is None, f"{name}: {error}"
        partition, offset = delivered.partition(), delivered.offset()
        assert partition is not None
        assert offset is not None
        places[number] = (str(delivered.topic()), partition, offset)

    return report
