"""What the workbench says of an event's identity is what the function notes of it."""

import pytest

from local.dead_letters.identity import event_hash, named
from runtime import function, intake
from runtime.errors import DecodeError
from runtime.handled import hash_of
from runtime.record import Record
from tests.local.dead_letters.giving_up import EVENT, FRAUD, fail


@function(subscribes="orders")
def count_order(order: dict[str, int]) -> None:
    """Any function of these events."""


BINARY = {"ce_specversion": "1.0", "ce_id": "e%2D9", "ce_source": "/till"}


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        (EVENT, {"content-type": "application/cloudevents+json"}),
        (b'{"quantity": 3}', {"shade": "blue"}),
        (b'{"quantity": 3}', BINARY),
        (b"gibberish", {"shade": "blue"}),
        (b"", {"shade": "blue"}),
    ],
)
def test_is_the_one_under_which_the_function_settles_it(broker, value, headers):
    fail(broker, "d1", value=value, headers=headers)
    [letter] = broker.read(f"{FRAUD}.dead-letters")
    spec = count_order.spec
    replayed = Record(spec.retry_topic, 0, 0, letter.key, letter.value, letter.headers, 99)

    item = intake.read(spec, replayed, 1_000_000)

    assert event_hash(letter) == hash_of(item.identity).hex()
    assert str(intake.mark_key(spec, item)).endswith(event_hash(letter))


def test_an_event_that_cannot_be_read_has_no_name(broker):
    fail(broker, "d1", value=b"gibberish")
    [letter] = broker.read(f"{FRAUD}.dead-letters")

    with pytest.raises(DecodeError):
        named(letter)
