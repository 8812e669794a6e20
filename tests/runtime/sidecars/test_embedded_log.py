import itertools
from collections import defaultdict

import pytest

from runtime.record import Message
from runtime.sidecars.embedded import Store
from runtime.sidecars.embedded.packs import MOST_BYTES, MOST_RECORDS
from runtime.sidecars.embedded.partitioner import hashes_of


def numbered(count: int, topic: str = "orders") -> list[Message]:
    return [Message(topic, f"k{n % 11}", b"%d" % n, {"n": str(n)}) for n in range(count)]


def test_gives_each_partition_contiguous_offsets(store):
    for start in range(0, 3000, 100):
        store.publish(numbered(3000)[start : start + 100])
    offsets = defaultdict(list)
    for partition, offset in store.publish(numbered(30)):
        offsets[partition].append(offset)

    for partition, (low, high) in store.log.watermarks("orders").items():
        assert low == 0
        assert offsets[partition] == list(range(high - len(offsets[partition]), high))


def test_returns_where_each_message_went(store, read):
    places = store.publish(numbered(50))

    found = {(record.partition, record.offset): record.value for record in read(store, "orders")}
    assert [found[place] for place in places] == [m.value for m in numbered(50)]


def test_makes_an_unknown_topic_with_three_partitions(store):
    store.publish([Message("orders", "k", b"1")])

    assert store.topics.all() == {"orders": 3}


def test_makes_a_topic_with_the_partitions_it_was_told(data):
    with Store.open(data, partitions={"orders": 5}) as store:
        store.publish([Message("orders", "k", b"1")])

        assert store.topics.all() == {"orders": 5}


def test_keeps_the_partitions_a_topic_has(store):
    store.topics.create("orders", 4)
    store.topics.create("orders", 9)

    assert store.topics.all() == {"orders": 4}


@pytest.mark.parametrize("name", ["", "a b", "orders/eu", ".", "é", "x" * 250])
def test_refuses_a_topic_name_that_kafka_would_refuse(store, name):
    with pytest.raises(ValueError, match="cannot be made; expected letters"):
        store.publish([Message(name, "k", b"1")])


def test_refuses_a_topic_without_partitions(store):
    with pytest.raises(ValueError, match="has 0 partitions; expected at least 1"):
        store.topics.create("orders", 0)


def test_stamps_records_with_the_clock(store, clock, read):
    store.publish([Message("orders", "k", b"1")])

    assert read(store, "orders")[0].timestamp_ms == clock.now().timestamp() * 1000


def test_takes_times_that_are_given(store, read):
    store.publish(numbered(2), timestamps_ms=[1_000, 2_000])

    assert [record.timestamp_ms for record in read(store, "orders")] == [1_000, 2_000]


def test_reads_in_the_order_of_arrival_over_all_partitions(store, read):
    for message in numbered(40):
        store.publish([message])
    store.publish(numbered(40))

    assert [record.value for record in read(store, "orders")] == [
        message.value for message in numbered(40) * 2
    ]


@pytest.mark.parametrize(
    ("count", "size"), [(15, 1), (16, 1), (2 * MOST_RECORDS + 1, 1), (7, MOST_BYTES // 2)]
)
def test_keeps_the_order_of_an_append_of_any_size(store, read, count, size):
    values = [f"{number}".encode().rjust(size) for number in range(count)]
    store.publish([Message("orders", f"k-{value[-1]}", value) for value in values])

    assert [record.value for record in read(store, "orders")] == values


@pytest.mark.parametrize(
    ("value", "headers"),
    [(b"x" * (MOST_BYTES // 4), {}), (b"", {"stack": "x" * (MOST_BYTES // 4)})],
)
def test_a_reader_of_few_large_records_takes_no_more_than_a_packs_bytes(store, value, headers):
    store.publish([Message("orders", "k", value, headers) for _ in range(16)])

    assert len(store.reader("orders").read(16, most_bytes=1)) <= 4


def test_records_with_and_without_keys_are_placed_as_if_each_came_alone(store):
    store.topics.create("orders", 3)
    store.topics.create("audit", 4)
    keys = [None if number % 3 == 0 else f"order-{number:04}" for number in range(60)]
    topics = ["audit" if number % 2 else "orders" for number in range(60)]
    messages = [Message(topic, key, b"") for topic, key in zip(topics, keys, strict=True)]

    together = [partition for partition, _ in store.publish(messages)]

    turns = {"orders": itertools.cycle(range(3)), "audit": itertools.cycle(range(4))}
    partitions = {"orders": 3, "audit": 4}
    assert together == [
        next(turns[topic]) if key is None else hashes_of([key])[0] % partitions[topic]
        for topic, key in zip(topics, keys, strict=True)
    ]


def test_hands_out_no_more_records_than_asked_for(store):
    store.publish(numbered(100))
    reader = store.reader("orders")

    assert [len(reader.read(30)) for _ in range(5)] == [30, 30, 30, 10, 0]


def test_takes_no_more_bytes_than_asked_for_from_the_file(store):
    for _ in range(10):
        store.publish([Message("orders", "k", b"x" * 1000)])

    assert len(store.reader("orders").read(100, most_bytes=3500)) == 3


def test_reads_a_record_that_is_larger_than_the_bytes_asked_for(store):
    store.publish([Message("orders", "k", b"x" * 10_000)])

    assert len(store.reader("orders").read(100, most_bytes=500)) == 1


def test_starts_at_each_partitions_position(store, read):
    store.publish(numbered(200))
    positions = {0: 10, 1: 63, 2: 1}

    found = read(store, "orders", positions)
    assert {p: min(r.offset for r in found if r.partition == p) for p in positions} == positions
    assert len(found) == 200 - sum(positions.values())


def test_reads_what_is_appended_after_the_end_was_reached(store):
    store.publish(numbered(3))
    reader = store.reader("orders")
    reader.read(100)
    store.publish([Message("orders", "k", b"new")])

    assert [record.value for record in reader.read(100)] == [b"new"]


def test_reads_a_topic_that_is_made_later(store):
    reader = store.reader("orders")
    before = reader.read(100)
    store.publish(numbered(3))

    assert (before, len(reader.read(100))) == ([], 3)


def test_stops_at_the_end_that_was_asked_for(store):
    store.publish(numbered(3))
    reader = store.reader("orders", until=store.log.last_seq("orders"))
    store.publish(numbered(3))

    assert len(reader.read(100)) + len(reader.read(100)) == 3


def test_starts_over_on_a_topic_shorter_than_the_position(store, read):
    store.publish(numbered(30))

    assert len(read(store, "orders", {0: 999, 1: 999, 2: 999})) == 30


def test_has_no_watermarks_for_an_unknown_topic(store):
    assert store.log.watermarks("orders") == {}
