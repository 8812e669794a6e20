import pytest

from local.dead_letters import DeadLetters, Filter
from local.dead_letters.audit import read_trail
from local.errors import Misuse
from tests.local.dead_letters.giving_up import fail


def test_takes_dead_letters_out_of_the_open_ones_with_a_reason(broker):
    fail(broker, "d1")
    fail(broker, "d2")
    letters = DeadLetters(broker)

    assert letters.discard(Filter(ids=("d1",)), by="ida", reason="a test order") == 1

    assert [digest.id for digest in letters.find()] == ["d2"]
    [action] = read_trail(broker).actions
    assert (action.id, action.action, action.reason) == ("d1", "discard", "a test order")


@pytest.mark.parametrize("reason", ["", "  "])
def test_refuses_to_discard_without_a_reason(broker, reason):
    fail(broker, "d1")

    with pytest.raises(Misuse, match="Say why"):
        DeadLetters(broker).discard(Filter(), by="ida", reason=reason)


def test_discards_nothing_twice(broker):
    fail(broker, "d1")
    letters = DeadLetters(broker)
    letters.discard(Filter(), by="ida", reason="once")

    assert letters.discard(Filter(ids=("d1",)), by="ida", reason="twice") == 0


def test_keeps_the_record(broker):
    fail(broker, "d1")
    before = list(broker.read("fraud.validate_fraud.dead-letters"))

    DeadLetters(broker).discard(Filter(), by="ida", reason="once")

    assert list(broker.read("fraud.validate_fraud.dead-letters")) == before


def test_an_event_that_fails_again_is_open_again(broker):
    fail(broker, "d1")
    letters = DeadLetters(broker)
    letters.discard(Filter(), by="ida", reason="once")

    fail(broker, "d1", attempts=6)

    assert [digest.state for digest in letters.find()] == ["open"]
