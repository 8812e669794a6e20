"""What a real Kafka is asked: which topic it is, what is on it, and where groups stand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from local.brokers.kafka import KafkaBroker
from local.cluster import Cluster
from runtime.errors import PlatformDown
from runtime.kafka_topics import KafkaTopics
from runtime.record import Message
from tests.waiting import wait_until

pytestmark = pytest.mark.platform


@pytest.fixture
def broker(cluster: Cluster) -> Iterator[KafkaBroker]:
    with closing(KafkaBroker(cluster.kafka)) as broker:
        yield broker


@pytest.fixture
def admin(cluster: Cluster) -> AdminClient:
    return AdminClient({"bootstrap.servers": cluster.kafka})


@pytest.fixture
def topics(cluster: Cluster) -> KafkaTopics:
    return KafkaTopics(cluster.kafka)


@pytest.fixture
def topic(broker: KafkaBroker) -> str:
    """A topic of two partitions with ten records of one key, so on one of them."""
    name = f"asked-{uuid4()}"
    broker.create(name, 2)
    broker.publish([Message(name, "k", b"1", {}) for _ in range(10)])
    return name


@pytest.fixture
def partition(broker: KafkaBroker, topic: str) -> int:
    return next(at for at, (_, high) in broker.watermarks(topic).items() if high)


def offsets(topics: KafkaTopics, topic: str, partition: int, first: int, after: int) -> list[int]:
    return [record.offset for record in topics.records(topic, partition, first, after)]


def test_a_topic_that_does_not_exist_is_not_found(topics: KafkaTopics, topic: str) -> None:
    assert set(topics.find([topic, f"absent-{uuid4()}"])) == {topic}


def test_a_topic_says_where_it_ends(topics: KafkaTopics, topic: str, partition: int) -> None:
    assert topics.find([topic])[topic].ends == {partition: (0, 10), 1 - partition: (0, 0)}


def test_a_topic_that_is_made_anew_is_another_one(
    topics: KafkaTopics, broker: KafkaBroker, admin: AdminClient, topic: str
) -> None:
    before = topics.find([topic])[topic].id
    same = topics.find([topic])[topic].id
    admin.delete_topics([topic])[topic].result()
    wait_until(lambda: not topics.find([topic]))
    broker.create(topic, 2)

    assert before
    assert same == before
    assert topics.find([topic])[topic].id != before


def test_a_topic_begins_behind_removed_records(
    topics: KafkaTopics, admin: AdminClient, topic: str, partition: int
) -> None:
    for done in admin.delete_records([TopicPartition(topic, partition, 7)]).values():
        done.result()

    assert topics.find([topic])[topic].ends[partition] == (7, 10)
    assert offsets(topics, topic, partition, 7, 9) == [7, 8]


def test_marks_of_transactions_are_no_records(
    cluster: Cluster, topics: KafkaTopics, topic: str, partition: int
) -> None:
    producer = Producer({"bootstrap.servers": cluster.kafka, "transactional.id": topic})
    producer.init_transactions()
    for _ in range(2):
        producer.begin_transaction()
        producer.produce(topic, b"1", "k", partition=partition)
        producer.commit_transaction()

    assert offsets(topics, topic, partition, 11, 14) == [12]
    assert offsets(topics, topic, partition, 13, 14) == []


def test_records_are_handed_out_as_the_tools_read_them(
    broker: KafkaBroker, topics: KafkaTopics, topic: str, partition: int
) -> None:
    records = list(broker.read(topic))

    assert list(topics.records(topic, partition, 3, 6)) == records[3:6]
    assert list(topics.records(topic, partition, 8, 100)) == records[8:]
    assert list(topics.records(topic, partition, 3, 3)) == []


def test_a_broker_that_is_away_is_an_outage() -> None:
    with pytest.raises(PlatformDown):
        KafkaTopics("127.0.0.1:1").find(["sales"])


def test_a_group_with_a_member_goes_on_where_it_is_told(
    cluster: Cluster, topics: KafkaTopics, topic: str, partition: int
) -> None:
    group = f"group-{topic}"
    member = Consumer(
        {
            "bootstrap.servers": cluster.kafka,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    member.subscribe([topic])
    found = []

    def read() -> None:
        for received in member.consume(100, timeout=0.1):
            found.append(received.offset())
            with suppress(KafkaException):  # refused while the group begins anew: it comes again
                member.commit(received, asynchronous=False)

    def committed() -> int | None:
        with suppress(PlatformDown):
            return topics.committed(group, [(topic, partition)]).get((topic, partition))
        return None

    def rewind() -> None:
        # As in the product, where the next look tries again.
        any(topics.rewind(group, {(topic, partition): 4}) for _ in range(3))

    wait_until(lambda: read() or committed() == 10, 60)
    before = len(found)
    rewinding = threading.Thread(target=rewind, daemon=True)
    rewinding.start()
    wait_until(lambda: read() or (not rewinding.is_alive() and committed() == 10), 120)
    member.close()

    # What could not be committed comes twice.
    assert list(dict.fromkeys(found[:before])) == list(range(10))
    assert list(dict.fromkeys(found[before:])) == [4, 5, 6, 7, 8, 9]
