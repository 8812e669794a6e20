"""The broker's configuration."""

from pathlib import Path

from local.cluster.kafka import server_properties


def properties() -> dict[str, str]:
    text = server_properties(Path("/data/kafka"), port=19092, controller_port=19093)
    return dict(line.split("=", 1) for line in text.splitlines())


def test_listens_and_is_advertised_on_loopback_only():
    expected = "PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093"

    assert properties()["listeners"] == expected
    assert properties()["advertised.listeners"] == expected


def test_needs_no_second_node():
    one = {name: value for name, value in properties().items() if "replication.factor" in name}

    assert len(one) == 4
    assert set(one.values()) == {"1"}


def test_a_group_gets_its_first_record_without_a_delay():
    assert properties()["group.initial.rebalance.delay.ms"] == "0"


def test_passes_messages_of_16_mb():
    assert properties()["message.max.bytes"] == "16777216"
    assert properties()["replica.fetch.max.bytes"] == "16777216"


def test_a_topic_made_by_its_first_record_has_three_partitions():
    assert properties()["auto.create.topics.enable"] == "true"
    assert properties()["num.partitions"] == "3"
