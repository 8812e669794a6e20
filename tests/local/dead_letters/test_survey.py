import pytest
from msgspec import structs

from local.dead_letters import DeadLetters, Filter, entries, replay
from local.masking import Mask
from runtime.record import Message
from tests.local.dead_letters.giving_up import FRAUD, fail


def test_lists_a_dead_letter_with_everything_scripts_rely_on(broker):
    fail(broker, "d1")

    [digest] = DeadLetters(broker).find()

    assert digest.summary(Mask()) == {
        "id": "d1",
        "function": FRAUD,
        "cause": "ValueError in unknown",
        "error": "ValueError: bad",
        "attempts": 3,
        "retries": 0,
        "first_failed": "2010-12-01T08:26:00+00:00",
        "last_failed": "2010-12-01T08:26:00+00:00",
        "topic": "orders",
        "partition": 1,
        "offset": 7,
        "key": "o-1",
        "state": "open",
        "edited": False,
        "group": digest.group,
    }


def test_lists_the_oldest_first(broker):
    fail(broker, "late", minutes=2)
    fail(broker, "early", minutes=1)

    assert [digest.id for digest in DeadLetters(broker).find()] == ["early", "late"]


def test_masks_addresses_in_keys_and_messages(broker):
    fail(broker, "d1", key="ida@x.org", error=ValueError("no mail to ida@x.org"))

    [digest] = DeadLetters(broker).find()

    assert "ida@x.org" not in str(digest.summary(Mask()))
    assert digest.summary(Mask(reveal=True))["key"] == "ida@x.org"


def test_keeps_one_dead_letter_of_an_event_that_failed_again(broker):
    fail(broker, "d1")
    fail(broker, "d1", error=KeyError("again"), attempts=6)

    [digest] = DeadLetters(broker).find()

    assert (digest.error, digest.attempts) == ("KeyError", 6)


def test_opens_a_dead_letter_again_that_failed_after_its_replay(broker):
    fail(broker, "d1")
    replay(broker, entries(broker), by="somebody")
    assert DeadLetters(broker).find() == []

    fail(broker, "d1", error=KeyError("again"), attempts=6)

    [digest] = DeadLetters(broker).find()
    assert (digest.state, digest.error) == ("open", "KeyError")


def test_opens_a_dead_letter_again_on_whatever_partition_it_came_back(broker):
    fail(broker, "d1")
    replay(broker, entries(broker), by="somebody")

    fail(broker, "d1", error=KeyError("again"), attempts=6)
    broker.records[-1] = structs.replace(broker.records[-1], partition=0, offset=0)
    broker.records.insert(0, broker.records.pop())

    [digest] = DeadLetters(broker).find()
    assert (digest.state, digest.error) == ("open", "KeyError")


@pytest.mark.parametrize("edition", ["", "x", "-1", "9" * 5000, "²"])
def test_no_header_of_a_producer_hides_the_dead_letter_of_its_event(broker, edition):
    fail(broker, "d1", headers={"sluice-edition": edition, "sluice-replay": "x"})

    assert [digest.edition for digest in DeadLetters(broker).find()] == [0]
    assert DeadLetters(broker).replay(Filter(), by="ida") == 1


def test_passes_over_records_that_are_no_dead_letters(broker):
    fail(broker, "d1")
    [letter] = [record for record in broker.records if "dead-letters" in record.topic]
    elsewhere = {**letter.headers, "sluice-function": "orders.ship_order"}
    odd = {**letter.headers, "sluice-attempts": "many"}
    broker.records.clear()
    for headers in ({}, elsewhere, odd):
        broker.publish([Message(f"{FRAUD}.dead-letters", None, b"somebody else's", headers)])

    assert DeadLetters(broker).find(Filter(states=("open", "replayed", "discarded"))) == []
    assert entries(broker) == []
