"""`sluice dlq` on a real Kafka cluster where no function runs."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from local.brokers.kafka import KafkaBroker
from local.cli import app
from local.cluster import Cluster
from local.dead_letters import DeadLetters, Filter
from runtime.record import Message
from tests.local.dead_letters.giving_up import fail
from tests.local.memory_broker import MemoryBroker
from tests.waiting import wait_until

pytestmark = pytest.mark.platform

COUNT = 3000


@pytest.fixture(scope="module")
def broker(cluster: Cluster) -> Iterator[KafkaBroker]:
    opened = KafkaBroker(cluster.kafka)
    yield opened
    opened.close()


@pytest.fixture
def function(broker: KafkaBroker) -> str:
    """A function of its own with many dead letters, a third of them without a key."""
    name = f"till.sell_{uuid4().hex}"
    made = MemoryBroker({f"{name}.dead-letters": 1})
    for number in range(COUNT):
        key = None if number % 3 == 0 else f"k{number % 50}"
        fail(made, f"{name}-{number:05}", function=name, key=key, minutes=number)
    broker.create(f"{name}.dead-letters", 3)
    broker.publish([Message(r.topic, r.key, r.value, r.headers) for r in made.records])
    return name


def words(cluster: Cluster, *command: str) -> list[str]:
    return ["dlq", *command, "--kafka", cluster.kafka]


def printed(cluster: Cluster, *command: str) -> Any:
    result = CliRunner().invoke(app, words(cluster, *command, "--json"))
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def sent(broker: KafkaBroker, function: str) -> Counter[str]:
    """How often each dead letter was sent to the function."""
    records = broker.read(f"{function}.retry")
    return Counter(record.headers["sluice-id"] for record in records)


def test_lists_and_groups_all_of_them_oldest_first(cluster, function):
    listed = printed(cluster, "list", "--function", function)
    [group] = printed(cluster, "groups", "--function", function)

    assert [letter["id"] for letter in listed] == [f"{function}-{n:05}" for n in range(COUNT)]
    assert (group["count"], group["example"]) == (COUNT, f"{function}-{COUNT - 1:05}")


def test_a_replay_that_is_killed_goes_on_and_sends_each_event_once(cluster, broker, function):
    command = words(cluster, "replay", "--function", function, "--rate", "20")
    replaying = subprocess.Popen(
        [sys.executable, "-m", "local", *command], stdout=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: sum(sent(broker, function).values()) > 0, 60)
    finally:
        replaying.kill()
        replaying.wait(20)
    before = sum(sent(broker, function).values())
    assert before < COUNT

    again = printed(cluster, "replay", "--function", function)

    assert before + len(again) == COUNT
    assert set(sent(broker, function).values()) == {1}
    assert len(sent(broker, function)) == COUNT
    audited = Counter(action["id"] for action in printed(cluster, "audit", "--function", function))
    assert (len(audited), set(audited.values())) == (COUNT, {1})


def test_the_newest_edit_counts_although_a_record_without_a_key_may_lie_anywhere(broker, function):
    letters = DeadLetters(broker)
    id = f"{function}-00000"
    for price in range(1, 7):
        letters.patch(id, {"data": {"price": price}}, by="ida")

    entry = letters.get(id)

    assert json.loads(entry.event.value)["data"]["price"] == 6
    assert entry.original is not None
    assert json.loads(entry.original.value)["data"]["price"] == 1.1
    [digest] = letters.find(Filter(ids=(id,)))
    assert digest.edition == 6


def test_all_of_it_is_kept_for_long(cluster, broker, function):
    """The audit trail for good, and what is replayed for four weeks."""
    from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

    printed(cluster, "replay", f"{function}-00001")
    admin = AdminClient({"bootstrap.servers": cluster.kafka})
    kept = {}
    for topic in ("sluice.dead-letters.audit", f"{function}.retry"):
        [asked] = admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]).values()
        kept[topic] = asked.result()["retention.ms"].value

    assert kept == {
        "sluice.dead-letters.audit": "-1",
        f"{function}.retry": str(28 * 24 * 3600 * 1000),
    }
