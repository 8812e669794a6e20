import json

import pytest

from local import exact_json
from local.dead_letters import DeadLetters, Filter, Refused
from local.dead_letters.audit import read_trail
from local.dead_letters.described import change_of
from local.masking import Mask
from runtime.dead_letters import restore
from tests.local.dead_letters.giving_up import EVENT, FRAUD, fail


@pytest.fixture
def letters(broker) -> DeadLetters:
    fail(broker, "d1")
    return DeadLetters(broker)


def test_patches_the_payload_and_keeps_every_digit_and_the_original(letters):
    edited = letters.patch("d1", {"data": {"email": "max@x.org"}}, by="ida", reason="a typo")

    assert edited.event.value == EVENT.replace(b"ida@", b"max@")
    assert edited.original is not None
    assert edited.original.value == EVENT
    assert edited.state == "open"


def test_an_edited_dead_letter_is_still_the_same_one(broker, letters):
    letters.patch("d1", {"data": {"price": 2}}, by="ida")

    [digest] = letters.find()
    assert (digest.id, digest.edition, digest.attempts) == ("d1", 1, 3)


def test_replays_the_edited_payload(broker, letters):
    letters.patch("d1", {"data": {"price": 2}}, by="ida")

    letters.replay(Filter(ids=("d1",)), by="ida")

    [record] = broker.read(f"{FRAUD}.retry")
    original, letter = restore(record)
    assert json.loads(original.value)["data"]["price"] == 2
    assert (original.topic, original.offset, original.headers) == ("orders", 7, record_headers())
    assert letter is not None
    assert letter.id == "d1"


def record_headers() -> dict[str, str]:
    return {"content-type": "x"}


def test_the_newest_edit_counts_on_whatever_partition_it_lies(broker, letters):
    letters.patch("d1", {"data": {"price": 2}}, by="ida")
    letters.patch("d1", {"data": {"price": 3}}, by="ida")
    broker.records.sort(key=lambda record: -record.offset)

    entry = letters.get("d1")

    assert json.loads(entry.event.value)["data"]["price"] == 3
    assert entry.original is not None
    assert json.loads(entry.original.value)["data"]["price"] == 1.1
    assert entry.digest.edition == 2


def test_keeps_the_original_when_the_edited_event_fails_again(broker, letters):
    edited = letters.patch("d1", {"data": {"price": 2}}, by="ida")
    letters.replay(Filter(), by="ida")
    fail(broker, "d1", value=edited.event.value, attempts=6)

    entry = letters.get("d1")

    assert (entry.state, entry.letter.attempts) == ("open", 6)
    assert entry.original is not None
    assert entry.original.value == EVENT


def test_the_original_outlives_the_first_record_of_it(broker, letters):
    letters.patch("d1", {"data": {"price": 2}}, by="ida")
    broker.records.pop(0)  # retention

    original = letters.get("d1").original

    assert original is not None
    assert original.value == EVENT


def test_writes_down_what_was_changed_without_secrets(broker, letters):
    patch = {"data": {"email": None, "password": "hush", "lines": [1, {"a": 2}]}}

    letters.patch("d1", patch, by="ida", reason="a typo")

    [action] = read_trail(broker).actions
    assert (action.id, action.action, action.by, action.reason) == ("d1", "edit", "ida", "a typo")
    assert json.loads(bytes(action.patch)) == {
        "data": {"email": None, "password": "(secret)", "lines": [1, {"a": 2}]}
    }
    assert b"hush" not in broker.records[-1].value


def test_says_in_words_what_no_patch_can_say(broker):
    fail(broker, "d1", value=b"gibberish")
    letters = DeadLetters(broker)

    letters.edit(letters.get("d1"), b'{"id": 1}', by="ida")

    [action] = read_trail(broker).actions
    assert bytes(action.patch) == b""
    assert change_of(action, Mask()).startswith("9 bytes (SHA-256 ")


@pytest.mark.parametrize("patch", [{"id": "e-2"}, {"source": "/other"}, {"specversion": None}])
def test_refuses_to_make_another_event_of_it(letters, patch):
    with pytest.raises(Refused, match="That would be another event"):
        letters.patch("d1", patch, by="ida")

    assert letters.patch("d1", patch, by="ida", force=True).digest.edition == 1


def test_refuses_what_the_function_could_not_read(letters):
    entry = letters.get("d1")

    with pytest.raises(Refused, match="could not read that payload: Not JSON"):
        letters.edit(entry, b"{", by="ida")
    with pytest.raises(Refused, match="Not a CloudEvent"):
        letters.patch("d1", {"time": "soon"}, by="ida")
    assert letters.edit(entry, b"{", by="ida", force=True).event.value == b"{"


def test_an_event_without_an_identity_stays_known_by_its_place(broker):
    fail(broker, "d1", value=b'{"quantity": "three"}')
    letters = DeadLetters(broker)

    assert letters.patch("d1", {"quantity": 3}, by="ida").event.value == b'{"quantity":3}'
    with pytest.raises(Refused, match="That would be another event"):
        letters.edit(letters.get("d1"), EVENT, by="ida")


def test_what_nobody_could_read_may_become_any_event(broker):
    fail(broker, "d1", value=b'{"specversion":"1.0","id":')
    letters = DeadLetters(broker)

    assert letters.edit(letters.get("d1"), EVENT, by="ida").event.value == EVENT


def test_refuses_to_edit_what_is_replayed(letters):
    letters.replay(Filter(), by="ida")

    with pytest.raises(Refused, match="d1 is replayed and has not failed since"):
        letters.patch("d1", {"data": 1}, by="ida")
    assert letters.patch("d1", {"data": 1}, by="ida", force=True).state == "open"


def test_opens_what_was_discarded(letters):
    letters.discard(Filter(), by="ida", reason="no idea")

    assert letters.patch("d1", {"data": 1}, by="ida").state == "open"


def test_refuses_to_change_nothing(broker, letters):
    with pytest.raises(Refused, match="nothing was changed"):
        letters.patch("d1", {"data": {"email": "ida@x.org"}}, by="ida")

    assert read_trail(broker).actions == []


def test_says_that_a_payload_cannot_be_patched(broker):
    fail(broker, "d1", value=b"gibberish")

    with pytest.raises(Refused, match="cannot be patched: Expecting value"):
        DeadLetters(broker).patch("d1", {"a": 1}, by="ida")


def test_a_large_change_is_told_in_words(broker, letters):
    letters.patch("d1", {"data": {"note": "x" * 100_000}}, by="ida")

    [action] = read_trail(broker).actions
    assert bytes(action.patch) == b""
    assert len(exact_json.write(action)) < 1000
