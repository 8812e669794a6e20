"""What a real Kafka is asked: where a topic ends, and which messages are on it."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from local.brokers.kafka import KafkaBroker
from local.cluster import Cluster
from runtime import broker
from runtime.record import Message

pytestmark = pytest.mark.platform


@pytest.fixture
def topic(cluster: Cluster) -> str:
    name = f"asked-{uuid4()}"
    KafkaBroker(cluster.kafka).create(name, 2)
    return name


def test_a_topic_that_does_not_exist_has_no_ends(cluster: Cluster) -> None:
    assert broker.ends(cluster.kafka, f"absent-{uuid4()}") == {}


def test_messages_are_missing_from_an_empty_topic(cluster: Cluster, topic: str) -> None:
    messages = [Message(topic, "k", b"1", {}), Message(topic, None, b"2", {})]

    assert broker.missing(cluster.kafka, messages, 0) == messages


def test_a_message_is_found_behind_which_a_transaction_ended(cluster: Cluster, topic: str) -> None:
    there, absent = Message(topic, "k", b"1", {}), Message(topic, "k", b"2", {})
    producer = transaction(cluster, topic)
    producer.produce(topic, b"1", "k")
    producer.commit_transaction()

    assert broker.missing(cluster.kafka, [there, absent], 0) == [absent]


def test_a_message_is_found_behind_an_open_transaction(cluster: Cluster, topic: str) -> None:
    there = Message(topic, "k", b"1", {})
    somebody_else = transaction(cluster, topic)
    somebody_else.produce(topic, b"0", "k", partition=0)
    somebody_else.produce(topic, b"0", "k", partition=1)
    somebody_else.flush(10)
    KafkaBroker(cluster.kafka).publish([there])
    found = broker.missing(cluster.kafka, [there], 0)
    somebody_else.abort_transaction()

    assert found == []


def test_what_is_still_on_its_way_is_waited_for(
    cluster: Cluster, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    coming, absent = Message(topic, "k", b"1", {}), Message(topic, "k", b"2", {})
    now_ms = int(time.time() * 1000)
    looks: list[float] = []

    def publish_meanwhile(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 1:
            KafkaBroker(cluster.kafka).publish([coming])

    monkeypatch.setattr(broker.time, "sleep", publish_meanwhile)
    found = broker.missing(cluster.kafka, [coming], now_ms, until_ms=now_ms + 60_000)
    at_once = broker.missing(cluster.kafka, [absent], now_ms, until_ms=now_ms)

    assert (found, at_once, len(looks)) == ([], [absent], 1)


def test_looking_takes_no_longer_than_there_is_something_to_read(
    cluster: Cluster, topic: str
) -> None:
    KafkaBroker(cluster.kafka).publish([Message(topic, "k", b"1", {})])

    started = time.monotonic()
    broker.missing(cluster.kafka, [Message(topic, "k", b"2", {})], 0)

    assert time.monotonic() - started < broker.SILENCE_SECONDS


def transaction(cluster: Cluster, name: str) -> Producer:
    producer = Producer({"bootstrap.servers": cluster.kafka, "transactional.id": name})
    producer.init_transactions()
    producer.begin_transaction()
    return producer
