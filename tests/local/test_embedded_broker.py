import threading

import pytest

from local.brokers.embedded import EmbeddedBroker
from runtime.clock import FakeClock
from runtime.record import Message
from runtime.sidecars.embedded import Store


@pytest.fixture
def broker(tmp_path):
    broker = EmbeddedBroker(tmp_path / "data")
    yield broker
    broker.close()


def numbered(count: int) -> list[Message]:
    return [Message("orders", f"k{n}", b"%d" % n) for n in range(count)]


def test_reads_to_the_end_that_the_topic_had_at_the_start(broker):
    broker.publish(numbered(3))
    records = broker.read("orders")
    first = next(records)
    broker.publish(numbered(1))

    assert [first.value, *(record.value for record in records)] == [b"0", b"1", b"2"]


def test_reads_nothing_from_a_topic_that_is_not_there(broker):
    assert list(broker.read("orders")) == []


def test_reads_from_offsets(broker):
    places = broker.publish(numbered(30))
    ends = {partition: high for partition, (_, high) in broker.watermarks("orders").items()}
    wanted = {**ends, 0: 2}

    found = [
        (record.partition, record.offset) for record in broker.read("orders", from_offsets=wanted)
    ]
    assert found == [place for place in places if place[0] == 0 and place[1] >= 2]


def test_follows_a_topic_until_it_is_stopped(broker):
    stopping = threading.Event()
    found = []
    for record in broker.read("orders", follow=True, stop=_publishing(broker, stopping)):
        found.append(record.value)
        stopping.set()

    assert found == [b"0"]


def _publishing(broker: EmbeddedBroker, stopping: threading.Event):
    """Publish when it is asked for the first time, when the reader already follows."""
    waiting = [True]

    def stop() -> bool:
        if waiting:
            waiting.clear()
            broker.publish(numbered(1))
        return stopping.is_set()

    return stop


def test_sees_and_adds_to_the_log_of_a_store_that_is_open(tmp_path):
    with Store.open(tmp_path, clock=FakeClock()) as store:
        broker = EmbeddedBroker(tmp_path)
        store.publish(numbered(1))
        broker.publish(numbered(1), timestamps_ms=[5])

        assert [record.timestamp_ms for record in broker.read("orders")][1:] == [5]
        broker.close()


def test_makes_a_topic_that_is_kept_for_a_time(tmp_path):
    clock = FakeClock()
    with Store.open(tmp_path, clock=clock) as store:
        broker = EmbeddedBroker(tmp_path)
        broker.create("orders", 1, {"cleanup.policy": "delete", "retention.ms": "1000"})
        broker.create("customers", 1, {"cleanup.policy": "compact"})
        broker.close()
        for topic in ("orders", "orders", "customers", "customers"):
            store.publish([Message(topic, "k", b"1")])
        clock.advance(2)
        store.sweep()

        assert store.log.watermarks("orders") == {0: (1, 2)}
        assert store.log.watermarks("customers") == {0: (0, 2)}


def test_leaves_a_store_open_that_was_open_before(tmp_path):
    with Store.open(tmp_path, clock=FakeClock()) as store:
        EmbeddedBroker(store).close()

        assert store.publish(numbered(1))
