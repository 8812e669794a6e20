import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from local.errors import Misuse
from local.lag import lags, progress_rows
from local.loading import load_functions
from local.states import EmbeddedStore, PostgresStore, find_store, find_tables, tables_of
from runtime.delivery import Consumer
from runtime.record import Message
from runtime.registry import Registry
from runtime.sidecars.embedded import EmbeddedSidecar, Store


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_functions(["tests.local.small_shop"])


@pytest.fixture
def data(tmp_path: Path, registry: Registry) -> Path:
    """A data directory in which four sales were made and three were taken off the shelf."""
    shelf = registry.services["shelf"].functions["take_away"]
    with Store.open(tmp_path) as store:
        store.topics.create("sales", 1)
        sales = [Message("sales", p, json.dumps({"product": p}).encode(), {}) for p in "ab|b"]
        store.publish(sales)
        consumer = Consumer(shelf, EmbeddedSidecar(store, "shelf"))
        consumer.deliver(store.reader("sales").read(3))
    return tmp_path


def test_lists_every_table_once(registry):
    assert [(t.service, t.spec.name) for t in tables_of(registry)] == [("shelf", "shelves")]


def test_reads_the_rows_of_a_table_as_they_are(registry, data):
    [shelves] = find_tables(registry, "shelves")

    rows = {key: bytes(row) for key, row in shelves.rows(EmbeddedStore(data))}

    assert rows == {"a": b'{"sold":1}', "b": b'{"sold":1}', "|": b'{"sold":1}'}


def test_reads_one_row(registry, data):
    [shelves] = find_tables(registry, "shelf.shelves")

    assert [key for key, _ in shelves.rows(EmbeddedStore(data), "|")] == ["|"]
    assert list(shelves.rows(EmbeddedStore(data), "absent")) == []


def test_suggests_the_table_that_was_meant(registry):
    with pytest.raises(Misuse, match="Did you mean 'shelves'"):
        find_tables(registry, "shelve")


def test_finds_how_far_behind_a_function_is(registry, data):
    with Store.open(data) as store:
        [lag] = lags(registry, _Broker(store), progress_rows(EmbeddedStore(data)))

    assert (lag.function, lag.topic, lag.partition) == ("shelf.take_away", "sales", 0)
    assert (lag.position, lag.end, lag.lag) == (3, 4, 1)


def test_counts_everything_as_lag_for_a_function_that_never_ran(registry, tmp_path):
    with Store.open(tmp_path) as store:
        store.topics.create("sales", 1)
        store.publish([Message("sales", None, b"{}", {})])
        [lag] = lags(registry, _Broker(store), progress_rows(EmbeddedStore(tmp_path)))

    assert lag.lag == 1


class _Broker:
    """The part of a broker that lag needs, over an open store."""

    def __init__(self, store: Store) -> None:
        self.topics = store.topics.all
        self.watermarks = store.log.watermarks


def test_finds_the_state_behind_the_topics(tmp_path, monkeypatch):
    cluster = SimpleNamespace(kafka="127.0.0.1:9092", postgres="host=127.0.0.1 dbname=own")
    monkeypatch.setattr("local.cluster.find_cluster", lambda: cluster)

    assert isinstance(find_store(tmp_path, None), EmbeddedStore)
    assert isinstance(find_store(tmp_path, "elsewhere:9092", "host=elsewhere"), PostgresStore)
    assert isinstance(find_store(tmp_path, "127.0.0.1:9092"), PostgresStore)
    assert find_store(tmp_path, "elsewhere:9092") is None
