from datetime import timedelta

import pytest

from local.dead_letters import DeadLetters, Filter
from local.errors import Misuse
from tests.local.dead_letters.giving_up import MOMENT, STOCK, fail


@pytest.fixture
def letters(broker) -> DeadLetters:
    fail(broker, "d1", key="k1", value=b'{"product": "TEAPOT"}')
    fail(broker, "d2", function=STOCK, error=KeyError("a Kettle"), minutes=60, key=None)
    return DeadLetters(broker)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Filter(function=STOCK), ["d2"]),
        (Filter(function="validate_fraud"), ["d1"]),
        (Filter(cause="KeyError"), ["d2"]),
        (Filter(cause="keyerror: 'a"), ["d2"]),
        (Filter(cause="in unknown"), ["d1", "d2"]),
        (Filter(key="k1"), ["d1"]),
        (Filter(key="k"), []),
        (Filter(text="teapot"), ["d1"]),
        (Filter(text="kettle"), ["d2"]),
        (Filter(text="saucer"), []),
        (Filter(since=MOMENT + timedelta(minutes=60)), ["d2"]),
        (Filter(until=MOMENT + timedelta(minutes=60)), ["d1"]),
        (Filter(since=MOMENT + timedelta(minutes=61)), []),
        (Filter(ids=("d1",)), ["d1"]),
        (Filter(states=("discarded",)), []),
    ],
)
def test_finds_what_matches_everything_that_is_given(letters, asked, found):
    assert [digest.id for digest in letters.find(asked)] == found


def test_looks_for_a_text_in_the_newest_payload_alone(broker, letters):
    fail(broker, "d1", key="k1", value=b'{"product": "SAUCER"}', attempts=6)

    assert letters.find(Filter(text="teapot")) == []
    assert [digest.id for digest in letters.find(Filter(text="saucer"))] == ["d1"]


def test_suggests_the_function_that_was_meant(letters):
    with pytest.raises(Misuse, match="Did you mean 'fraud"):
        letters.find(Filter(function="fraud.validate_frau"))


def test_picks_by_the_beginning_of_an_id(broker):
    fail(broker, "abc1")
    fail(broker, "abd2")
    letters = DeadLetters(broker)

    assert [digest.id for digest in letters.find(Filter(ids=("abc", "abc1")))] == ["abc1"]
    with pytest.raises(Misuse, match="Several dead letters begin with 'ab'"):
        letters.find(Filter(ids=("ab",)))
    for unknown in ("x", ""):
        with pytest.raises(Misuse, match=f"There is no dead letter '{unknown}'"):
            letters.find(Filter(ids=(unknown,)))


def test_takes_a_whole_id_although_another_one_begins_with_it(broker):
    fail(broker, "d1")
    fail(broker, "d12")

    assert [digest.id for digest in DeadLetters(broker).find(Filter(ids=("d1",)))] == ["d1"]
