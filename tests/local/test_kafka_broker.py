from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from itertools import islice
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from local.brokers.kafka import KafkaBroker
from local.cluster import Cluster
from runtime.errors import PlatformDown
from runtime.record import Message

pytestmark = pytest.mark.platform


@pytest.fixture
def broker(cluster: Cluster) -> Iterator[KafkaBroker]:
    opened = KafkaBroker(cluster.kafka)
    yield opened
    opened.close()


@pytest.fixture
def topic(broker: KafkaBroker) -> str:
    name = f"broker-{uuid4()}"
    broker.create(name, 3)
    return name


def test_lists_a_topic_with_its_partitions(broker, topic):
    assert broker.topics()[topic] == 3


def test_leaves_a_topic_that_is_there_as_it_is(broker, topic):
    broker.create(topic, 5)

    assert broker.topics()[topic] == 3


def test_a_topic_that_is_not_there_is_empty(broker):
    absent = f"absent-{uuid4()}"

    assert (broker.watermarks(absent), list(broker.read(absent))) == ({}, [])


def test_reads_back_what_it_published(broker, topic):
    sent = Message(topic, "k", b"\xff{}", {"ce_id": "1", "name": "\u00e9"})

    [(partition, offset)] = broker.publish([sent], timestamps_ms=[1_291_191_960_000])

    [record] = broker.read(topic)
    assert (record.partition, record.offset) == (partition, offset)
    assert Message(record.topic, record.key, record.value, record.headers) == sent
    assert record.timestamp_ms == 1_291_191_960_000


def test_reads_only_the_headers_that_matter(broker, topic):
    broker.publish([Message(topic, "k", b"1", {"wanted": "a", "stack": "b"})])

    [record] = broker.read(topic, headers={"wanted"})
    [bare] = broker.read(topic, headers=())

    assert (record.headers, bare.headers) == ({"wanted": "a"}, {})


def test_tells_a_missing_key_from_an_empty_one(broker, topic):
    broker.publish([Message(topic, None, b"", {}), Message(topic, "", b"1", {})])

    found = {record.value: record.key for record in broker.read(topic)}
    assert found == {b"": None, b"1": ""}


def test_keeps_the_events_of_a_key_in_order_in_one_partition(broker, topic):
    broker.publish([Message(topic, "k", str(n).encode(), {}) for n in range(100)])

    records = list(broker.read(topic))
    assert [int(record.value) for record in records] == list(range(100))


def test_puts_a_key_where_dapr_puts_it(broker, topic):
    # FNV-1a of "c0", "c1" and "c2", as signed 32 bits, modulo three partitions.
    keys = ["c0", "c1", "c2"]

    places = broker.publish([Message(topic, key, b"1", {}) for key in keys])

    assert [partition for partition, _ in places] == [_fnv_partition(key, 3) for key in keys]


def test_ends_at_the_end_the_topic_had_at_the_start(broker, topic):
    broker.publish([Message(topic, "k", b"1", {})])
    reading = broker.read(topic)
    first = next(reading)

    broker.publish([Message(topic, "k", b"2", {})])

    assert [first.value, *(record.value for record in reading)] == [b"1"]


def test_follows_new_records_from_given_offsets(broker, topic):
    broker.publish([Message(topic, "k", b"1", {})])
    ends = {at: high for at, (_, high) in broker.watermarks(topic).items()}
    reading = broker.read(topic, from_offsets=ends, follow=True)
    broker.publish([Message(topic, "k", b"2", {})])

    assert [record.value for record in islice(reading, 1)] == [b"2"]


def test_tells_how_far_a_consumer_group_has_come(broker, topic, cluster):
    broker.publish([Message(topic, "k", b"1", {}), Message(topic, "k", b"2", {})])
    [at] = {record.partition for record in broker.read(topic)}
    reader = Consumer({"bootstrap.servers": cluster.kafka, "group.id": topic})
    reader.commit(offsets=[TopicPartition(topic, at, 1)], asynchronous=False)
    reader.close()

    assert broker.committed(topic, topic) == {at: 1}
    assert broker.committed("nobody", topic) == {}


def test_makes_a_topic_once_the_broker_counts_as_alive_again(broker, monkeypatch):
    make, asked = broker._admin.create_topics, []

    def fenced_once(topics, **settings):
        asked.append(topics)
        if len(asked) > 1:
            return make(topics, **settings)
        return _refusals(topics, KafkaError.INVALID_REPLICATION_FACTOR)

    name = f"broker-{uuid4()}"
    # A broker is fenced while the machine stalls, which no test can bring about at will.
    monkeypatch.setattr(broker._admin, "create_topics", fenced_once)
    broker.create(name, 3)

    assert (len(asked), broker.topics()[name]) == (2, 3)


def test_a_cluster_that_makes_no_topic_is_told_of(cluster, monkeypatch):
    broker = KafkaBroker(cluster.kafka, patience_seconds=0.3)

    def fenced(topics, **settings):
        return _refusals(topics, KafkaError.INVALID_REPLICATION_FACTOR)

    monkeypatch.setattr(broker._admin, "create_topics", fenced)

    with pytest.raises(PlatformDown, match="does not answer as expected"):
        broker.create(f"broker-{uuid4()}", 3)


@pytest.mark.parametrize(
    "code",
    [
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError._NOENT,
    ],
)
def test_asks_again_where_a_new_leader_is_not_ready(broker, topic, monkeypatch, code):
    asked: list[object] = []
    ask = broker._admin.list_offsets

    def refused_once(wanted):
        asked.append(wanted)
        if len(asked) > 1:
            return ask(wanted)
        return _refusals(wanted, code)

    monkeypatch.setattr(broker._admin, "list_offsets", refused_once)

    assert broker.watermarks(topic) == {0: (0, 0), 1: (0, 0), 2: (0, 0)}
    assert len(asked) == 3


def test_stops_following_when_told_to(broker, topic):
    assert list(broker.read(topic, follow=True, stop=lambda: True)) == []


def test_says_that_no_cluster_answers(tmp_path):
    with pytest.raises(PlatformDown, match=r"Kafka at 127\.0\.0\.1:1 does not answer"):
        KafkaBroker("127.0.0.1:1", patience_seconds=0.5).topics()


def _refusals(wanted: Iterable[object], code: int) -> dict[object, Future[object]]:
    """What the client answers when Kafka refuses all that is asked for."""
    answers: dict[object, Future[object]] = {each: Future() for each in wanted}
    for answer in answers.values():
        answer.set_exception(KafkaException(KafkaError(code)))
    return answers


def _fnv_partition(key: str, partitions: int) -> int:
    value = 2166136261
    for byte in key.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    signed = value - (1 << 32) if value & 0x80000000 else value
    return abs(signed) % partitions
