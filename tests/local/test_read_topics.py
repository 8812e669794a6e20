"""sluice read-topics: the last records of every topic."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local import tail
from local.brokers.embedded import EmbeddedBroker
from local.cli import app
from runtime.record import Message
from runtime.sidecars.embedded import Store
from tests.local.memory_broker import MemoryBroker


@pytest.fixture
def data(tmp_path: Path) -> Path:
    Store.open(tmp_path).close()
    broker = EmbeddedBroker(tmp_path)
    try:
        for topic in ("orders", "payments", "silent"):
            broker.create(topic, 3)
        orders = [Message("orders", f"k{n}", b'{"email": "a@b.cz"}') for n in range(5)]
        broker.publish(orders, timestamps_ms=range(1000, 1005))
        broker.publish([Message("payments", "p", b"7")])
    finally:
        broker.close()
    return tmp_path


def read_topics(data: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["read-topics", *words, "--data", str(data)])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_shows_the_last_records_of_each_topic_under_its_name(data: Path):
    lines = read_topics(data, "-n", "2").splitlines()

    assert lines[0] == "orders"
    assert [line.split()[1] for line in lines[1:3]] == ["k3", "k4"]
    assert lines[3:5] == ["", "payments"]
    assert lines[-1] == "1 topics hold no record."


def test_masks_personal_data_unless_it_is_to_be_revealed(data: Path):
    assert "a@b.cz" not in read_topics(data)
    assert "a@b.cz" in read_topics(data, "--reveal")


def test_prints_a_line_of_json_for_each_record(data: Path):
    records = [json.loads(line) for line in read_topics(data, "-n", "1", "--json").splitlines()]

    assert [(r["topic"], r["key"]) for r in records] == [("orders", "k4"), ("payments", "p")]


def test_the_newest_of_several_partitions_are_shown():
    broker = MemoryBroker({"orders": 3})
    broker.publish([Message("orders", "k" * (n % 3), b"%d" % n) for n in range(30)])

    shown = [int(record.value) for record in tail.newest(broker, "orders", 30)]
    assert sorted(shown) == list(range(30))
    assert list(tail.newest(MemoryBroker({"orders": 3}), "orders", 5)) == []
