import pytest

from local.dead_letters import DeadLetters, NoSuchLetter, entries
from local.dead_letters.described import described
from local.masking import Mask
from tests.local.dead_letters.giving_up import EVENT, FRAUD, fail


def test_has_every_record_of_an_event_that_failed_several_times(broker):
    fail(broker, "d1")
    fail(broker, "d1", attempts=6)

    entry = DeadLetters(broker).get("d")

    assert entry.letter.attempts == 6
    assert [record.headers["sluice-attempts"] for record in entry.versions] == ["3", "6"]
    assert entry.original is None


def test_brings_the_event_as_it_was_at_its_origin(broker):
    fail(broker, "d1")

    event = DeadLetters(broker).get("d1").event

    assert (event.topic, event.partition, event.offset) == ("orders", 1, 7)
    assert (event.value, event.headers) == (EVENT, {"content-type": "x"})


def test_says_that_no_or_several_dead_letters_are_meant(broker):
    fail(broker, "d1")
    fail(broker, "d2")
    letters = DeadLetters(broker)

    with pytest.raises(NoSuchLetter, match="Several dead letters begin with 'd'"):
        letters.get("d")
    for unknown in ("x", ""):
        with pytest.raises(NoSuchLetter, match=f"There is no dead letter '{unknown}'"):
            letters.get(unknown)


def test_filters_whole_entries_by_function_and_cause(broker):
    fail(broker, "d1")
    fail(broker, "d2", error=KeyError("k"))

    assert [entry.letter.id for entry in entries(broker, function=FRAUD)] == ["d1", "d2"]
    assert [entry.letter.id for entry in entries(broker, cause="KeyError")] == ["d2"]


def test_is_described_for_programs_without_personal_data(broker):
    fail(broker, "d1", headers={"authorization": "Bearer abcdefgh", "shade": "blue"})

    shown = described(DeadLetters(broker).get("d1"), [], Mask())

    assert shown["record"]["headers"] == {"authorization": "(secret)", "shade": "blue"}
    assert b'"email":"***"' in bytes(shown["record"]["value"])
    assert (shown["original"], shown["state"], shown["history"]) == (None, "open", [])
