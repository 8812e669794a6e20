"""Messages: what every platform promises of those it was given."""

import time

import pytest

from runtime.errors import Conflict
from runtime.record import Message
from runtime.sidecars.base import Write
from tests.contract.platforms import Feature


def test_keeps_key_value_and_headers(platform):
    message = Message("orders", "Grüße/1", b'{"a": 1.10}', {"content-type": "x", "ce_id": "7"})
    platform.sidecar.publish([message])

    assert platform.published("orders") == [message]


def test_keeps_bytes_that_are_no_text(platform):
    message = Message("orders", "k", bytes(range(256)), {})
    platform.sidecar.publish([message])

    assert platform.published("orders") == [message]


def test_keeps_a_message_of_a_megabyte(platform):
    message = Message("orders", "k", b"0123456789abcdef" * 60_000, {})
    platform.sidecar.publish([message])

    assert platform.published("orders") == [message]


def test_tells_an_empty_key_from_none(platform):
    platform.sidecar.publish([Message("orders", "", b"1"), Message("orders", None, b"2")])

    assert {(m.key, m.value) for m in platform.published("orders")} == {("", b"1"), (None, b"2")}


def test_keeps_a_tombstone(platform):
    platform.sidecar.publish([Message("customers", "7", b"")])

    assert platform.published("customers") == [Message("customers", "7", b"", {})]


def test_keeps_the_order_of_each_key(platform):
    sent = [Message("orders", f"k{n % 7}", b"%d" % n) for n in range(1500)]
    platform.sidecar.publish(sent)
    found = platform.published("orders")

    for key in {message.key for message in sent}:
        assert [m for m in found if m.key == key] == [m for m in sent if m.key == key]


def test_keeps_topics_apart(platform):
    platform.sidecar.publish([Message("orders", "k", b"1"), Message("payments", "k", b"2")])

    assert platform.published("payments") == [Message("payments", "k", b"2", {})]


def test_publishes_nothing_for_no_messages(platform):
    platform.sidecar.publish([])

    assert platform.published("orders") == []


@pytest.mark.needs(Feature.PARTITIONS)
def test_puts_a_key_into_one_partition(platform):
    platform.sidecar.publish([Message("orders", "k", b"%d" % n) for n in range(5)])

    assert len({partition for partition, _ in platform.places("orders")}) == 1


@pytest.mark.needs(Feature.PARTITIONS)
def test_spreads_messages_without_a_key(platform):
    platform.sidecar.publish([Message("orders", None, b"%d" % n) for n in range(300)])

    assert len({partition for partition, _ in platform.places("orders")}) > 1


@pytest.mark.needs(Feature.ATOMIC_PUBLISH)
def test_appends_messages_with_the_rows(platform):
    platform.sidecar.transact([Write("row", b"1", None)], [Message("orders", "k", b"1")])

    assert platform.published("orders") == [Message("orders", "k", b"1", {})]
    assert platform.sidecar.get(["row"])["row"].value == b"1"


@pytest.mark.needs(Feature.ATOMIC_PUBLISH)
def test_appends_nothing_when_a_row_is_refused(platform):
    platform.sidecar.transact([Write("row", b"1", None)])

    with pytest.raises(Conflict):
        platform.sidecar.transact([Write("row", b"2", None)], [Message("orders", "k", b"1")])

    assert platform.published("orders") == []


@pytest.mark.needs(Feature.LOOKING_BACK)
def test_publishes_again_only_what_is_not_on_the_topic(platform):
    since_ms = int(time.time() * 1000)
    messages = [Message("again", str(n), b"value %d" % n, {}) for n in range(5)]
    platform.sidecar.publish(messages[:3])

    platform.sidecar.publish_again(messages, since_ms)

    assert sorted(m.value for m in platform.published("again")) == [m.value for m in messages]


@pytest.mark.needs(Feature.LOOKING_BACK)
def test_equal_bytes_under_another_key_are_another_message(platform):
    platform.sidecar.publish([Message("like", "a", b"same", {})])

    platform.sidecar.publish_again([Message("like", "b", b"same", {})], 0)

    assert [m.key for m in platform.published("like")] == ["a", "b"]
