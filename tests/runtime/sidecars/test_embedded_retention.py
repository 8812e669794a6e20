import pytest

from runtime.record import Message
from runtime.sidecars.base import Write
from runtime.sidecars.embedded import EmbeddedSidecar

HOUR_MS = 3_600_000


@pytest.fixture
def aged(store, clock):
    """A topic kept for an hour: 30 records of two hours ago, 3 of now."""
    store.topics.create("orders", 1, retention_ms=HOUR_MS)
    for number in range(30):
        store.publish([Message("orders", "k", b"%d" % number)])
    clock.advance(7200)
    for number in range(30, 33):
        store.publish([Message("orders", "k", b"%d" % number)])
    return store


def test_lets_go_of_records_older_than_the_retention(aged):
    aged.sweep()

    assert aged.log.watermarks("orders") == {0: (30, 33)}


def test_reads_on_where_the_old_records_were(aged, read):
    aged.sweep()

    assert [record.offset for record in read(aged, "orders", {0: 5})] == [30, 31, 32]


def test_keeps_the_next_offset_when_everything_is_old(aged, clock):
    clock.advance(7200)
    aged.sweep()

    assert aged.log.watermarks("orders") == {0: (32, 33)}
    assert aged.publish([Message("orders", "k", b"33")]) == [(0, 33)]


def test_keeps_records_for_good_without_a_retention(store, clock):
    store.publish([Message("orders", "k", b"1"), Message("orders", "k", b"2")])
    clock.advance(10 * 365 * 86_400)
    store.sweep()

    assert sum(high - low for low, high in store.log.watermarks("orders").values()) == 2


def test_is_not_held_up_by_a_partition_that_gets_nothing(store, clock):
    store.topics.create("orders", 2, retention_ms=HOUR_MS)
    keys = {store.publish([Message("orders", str(n), b"")])[0][0]: str(n) for n in range(9)}
    for _ in range(20):
        clock.advance(600)
        store.publish([Message("orders", keys[0], b"1")])
    store.sweep()

    low, high = store.log.watermarks("orders")[0]
    assert high - low == 6


def test_lets_go_of_a_thousand_packs(store, clock):
    store.topics.create("orders", 3, retention_ms=HOUR_MS)
    for number in range(1200):
        store.publish([Message("orders", f"k{number}", b"1")])
    clock.advance(7200)
    store.publish([Message("orders", f"k{number}", b"1") for number in range(30)])
    store.sweep()

    assert sum(high - low for low, high in store.log.watermarks("orders").values()) == 30


def test_lets_go_of_rows_that_have_expired(store, clock, data):
    sidecar = EmbeddedSidecar(store, "shop")
    sidecar.transact([Write("mark", b"1", None, ttl_seconds=60), Write("row", b"1", None)])
    clock.advance(61)

    assert store.state.sweep(store.log.now_ms()) == 1
    assert list(sidecar.get(["mark", "row"])) == ["row"]
