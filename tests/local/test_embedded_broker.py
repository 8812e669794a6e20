from collections.abc import Iterator
from itertools import islice

import pytest

from local.brokers.embedded import EmbeddedBroker
from runtime.record import Message
from runtime.sidecars.embedded import Store


@pytest.fixture
def broker(tmp_path) -> Iterator[EmbeddedBroker]:
    opened = EmbeddedBroker(tmp_path)
    opened.create("sales", 3)
    yield opened
    opened.close()


def test_reads_back_what_it_published(broker):
    sent = Message("sales", "k", b"\xff", {"a": "\u00e9"})

    [(partition, offset)] = broker.publish([sent], timestamps_ms=[1000])

    [record] = broker.read("sales")
    assert (record.partition, record.offset, record.timestamp_ms) == (partition, offset, 1000)
    assert Message(record.topic, record.key, record.value, record.headers) == sent


def test_ends_at_the_end_the_topic_had_at_the_start(broker):
    broker.publish([Message("sales", "k", b"1", {})])
    reading = broker.read("sales")
    first = next(reading)

    broker.publish([Message("sales", "k", b"2", {})])

    assert [first.value, *(record.value for record in reading)] == [b"1"]


def test_follows_new_records_from_given_offsets(broker):
    broker.publish([Message("sales", "k", b"1", {})])
    ends = {at: high for at, (_, high) in broker.watermarks("sales").items()}
    reading = broker.read("sales", from_offsets=ends, follow=True)
    broker.publish([Message("sales", "k", b"2", {})])

    assert [record.value for record in islice(reading, 1)] == [b"2"]


def test_stops_following_when_told_to(broker):
    assert list(broker.read("sales", follow=True, stop=lambda: True)) == []


def test_reads_beside_the_process_that_delivers(broker, tmp_path):
    with Store.open(tmp_path) as owner:
        owner.publish([Message("sales", "k", b"1", {})])

        assert [record.value for record in broker.read("sales")] == [b"1"]
