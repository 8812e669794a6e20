from datetime import UTC, datetime

import pytest
from msgspec import structs

from local.dead_letters import entries, pick, replay
from local.errors import Misuse
from runtime.dead_letters import describe, restore
from runtime.record import Message, Record
from tests.local.memory_broker import MemoryBroker

FRAUD = "fraud.validate_fraud"
STOCK = "inventory.set_stock"


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker({f"{FRAUD}.dead-letters": 2, f"{STOCK}.dead-letters": 1, "orders": 3})


def fail(
    broker: MemoryBroker,
    id: str,
    *,
    function: str = FRAUD,
    error: Exception | None = None,
    attempts: int = 3,
) -> None:
    """Give one record of `orders` up, after so many attempts in all."""
    record = Record("orders", 1, 7, "o-1", b"\xff", {"content-type": "x"}, 1000)
    moment = datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    letter = describe(
        function, id, record, None, error or ValueError("bad"), attempts=attempts, now=moment
    )
    broker.publish([letter.to_message(f"{function}.dead-letters", record)])


def test_lists_a_dead_letter_with_everything_scripts_rely_on(broker):
    fail(broker, "d1")

    [entry] = entries(broker)

    assert entry.summary() == {
        "id": "d1",
        "function": FRAUD,
        "cause": "ValueError in unknown",
        "error": "ValueError: bad",
        "attempts": 3,
        "first_failed": "2010-12-01T08:26:00+00:00",
        "last_failed": "2010-12-01T08:26:00+00:00",
        "topic": "orders",
        "partition": 1,
        "offset": 7,
        "key": "o-1",
        "state": "open",
    }


def test_filters_by_function_and_by_cause(broker):
    fail(broker, "d1")
    fail(broker, "d2", function=STOCK, error=KeyError("k"))

    assert [e.letter.id for e in entries(broker, function=STOCK)] == ["d2"]
    assert [e.letter.id for e in entries(broker, function="validate_fraud")] == ["d1"]
    assert [e.letter.id for e in entries(broker, cause="KeyError")] == ["d2"]


def test_suggests_the_function_that_was_meant(broker):
    with pytest.raises(Misuse, match="Did you mean 'fraud"):
        entries(broker, function="fraud.validate_frau")


def test_replays_the_original_record_to_the_function_that_failed_only(broker):
    fail(broker, "d1")

    replay(broker, entries(broker), by="somebody")

    [sent] = broker.read(f"{FRAUD}.retry")
    original, letter = restore(sent)
    assert (original.topic, original.key, original.value) == ("orders", "o-1", b"\xff")
    assert letter is not None
    assert list(broker.read("orders")) == []


def test_gives_a_new_retry_topic_the_partitions_of_the_dead_letters(broker):
    fail(broker, "d1")

    replay(broker, entries(broker), by="somebody")

    assert broker.topics()[f"{FRAUD}.retry"] == 2


def test_writes_down_who_replayed_what_and_why(broker):
    fail(broker, "d1")

    replay(broker, entries(broker), by="somebody", reason="stock is loaded now")

    [audit] = broker.read("sluice.dead-letters.audit")
    assert audit.key == "d1"
    assert b'"by":"somebody","reason":"stock is loaded now"' in audit.value
    assert entries(broker)[0].state == "replayed"


def test_opens_a_dead_letter_again_that_failed_after_its_replay(broker):
    fail(broker, "d1")
    replay(broker, entries(broker), by="somebody")

    fail(broker, "d1", error=KeyError("again"), attempts=6)

    [entry] = entries(broker)
    assert (entry.state, entry.letter.error) == ("open", "KeyError")


def test_opens_a_dead_letter_again_on_whatever_partition_it_came_back(broker):
    fail(broker, "d1")
    replay(broker, entries(broker), by="somebody")

    fail(broker, "d1", error=KeyError("again"), attempts=6)
    broker.records[-1] = structs.replace(broker.records[-1], partition=0, offset=0)
    broker.records.insert(0, broker.records.pop())

    [entry] = entries(broker)
    assert (entry.state, entry.letter.error) == ("open", "KeyError")


def test_picks_by_the_beginning_of_an_id(broker):
    fail(broker, "abc1")
    fail(broker, "abd2")

    assert [e.letter.id for e in pick(entries(broker), ["abc"])] == ["abc1"]
    with pytest.raises(Misuse, match="Several dead letters begin with 'ab'"):
        pick(entries(broker), ["ab"])
    with pytest.raises(Misuse, match="There is no dead letter 'x'"):
        pick(entries(broker), ["x"])


def test_passes_over_records_that_are_no_dead_letters(broker):
    broker.publish([Message(f"{FRAUD}.dead-letters", None, b"somebody else's", {})])

    assert entries(broker) == []
