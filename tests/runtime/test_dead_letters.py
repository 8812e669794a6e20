"""A dead letter says everything, keeps the record as it was, and finds its way back."""

from __future__ import annotations

from datetime import timedelta, timezone

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.dead_letters import (
    MESSAGE_CHARACTERS,
    STACK_CHARACTERS,
    DeadLetter,
    describe,
    replay_message,
    restore,
)
from runtime.errors import SluiceError
from runtime.record import Record
from tests.runtime.making import NOON, NOON_MS, as_record, record

LETTER = DeadLetter(
    id="1",
    function="shop.count",
    error="ValueError",
    message="no",
    stack="...",
    cause="ValueError in shop.py:1 count",
    attempts=3,
    first_failed="2026-01-01T12:00:00+00:00",
    last_failed="2026-01-01T12:00:00+00:00",
    origin_topic="sales",
    origin_partition=2,
    origin_offset=7,
    origin_timestamp=NOON_MS,
    event_id="e",
    event_source="/s",
)


def failure(text: str = "no") -> ValueError:
    try:
        raise ValueError(text)
    except ValueError as error:
        return error


def describe_it(error: Exception, before: DeadLetter | None = None) -> DeadLetter:
    return describe(
        "shop.count", "1", record(7, b"x"), ("/s", "e"), error, attempts=3, now=NOON, before=before
    )


def read_back(letter: DeadLetter) -> DeadLetter:
    return DeadLetter.read(letter.to_message("dead", record(7, b"x")).headers)


def test_says_what_failed_where_and_when() -> None:
    letter = describe_it(failure("no such thing"))

    assert (letter.function, letter.error, letter.message) == (
        "shop.count",
        "ValueError",
        "no such thing",
    )
    assert (letter.origin_topic, letter.origin_partition, letter.origin_offset) == ("sales", 0, 7)
    assert (letter.event_source, letter.event_id, letter.attempts) == ("/s", "e", 3)
    assert letter.first_failed == letter.last_failed == "2026-01-01T12:00:00+00:00"
    assert "raise ValueError(text)" in letter.stack


def test_failures_at_one_place_are_one_group_whatever_they_say() -> None:
    first, second = describe_it(failure("one")), describe_it(failure("two"))

    assert first.cause == second.cause
    assert first.cause.startswith("ValueError in test_dead_letters.py:")


def test_an_error_that_was_never_raised_has_a_group_too() -> None:
    assert describe_it(ValueError("no")).cause == "ValueError in unknown"


def test_a_second_failure_goes_on_with_the_history_of_the_first() -> None:
    before = msgspec.structs.replace(LETTER, id="first", first_failed="2025-12-31T00:00:00+00:00")
    letter = describe_it(failure(), before)

    assert (letter.id, letter.attempts) == ("first", 6)
    assert (letter.first_failed, letter.last_failed) == (
        "2025-12-31T00:00:00+00:00",
        "2026-01-01T12:00:00+00:00",
    )


def test_times_are_written_in_utc() -> None:
    berlin = NOON.astimezone(timezone(timedelta(hours=1)))
    letter = describe("f", "1", record(7, b"x"), None, failure(), attempts=1, now=berlin)

    assert letter.last_failed == "2026-01-01T12:00:00+00:00"


def test_long_texts_are_cut_so_that_the_broker_takes_the_record() -> None:
    letter = describe_it(failure("ä" * 1_000_000))

    assert (len(letter.message), len(letter.stack)) == (MESSAGE_CHARACTERS, STACK_CHARACTERS)


TEXT = st.text(st.characters(codec="utf-8"))


HEADER_NAMES = [f"sluice-{name.replace('_', '-')}" for name in DeadLetter.__struct_fields__]


@settings(deadline=None)  # a busy machine is no failure
@given(
    headers=st.dictionaries(
        st.sampled_from(HEADER_NAMES), TEXT | st.sampled_from(["1", "", "%ff", "2026-01-01"])
    )
)
def test_any_headers_are_a_dead_letter_or_an_error_that_says_so(headers: dict[str, str]) -> None:
    whole = LETTER.to_message("dead", record(7, b"x")).headers
    try:
        original, _ = restore(record(7, b"x", headers={**whole, **headers}))
    except SluiceError as error:
        assert "no dead letter" in str(error)  # noqa: PT017  either is right, nothing else is
    else:
        assert original.value == b"x"


@settings(deadline=None)
@given(message=TEXT, stack=TEXT, event_id=TEXT)
def test_headers_come_back_as_they_were_whatever_the_text(
    message: str, stack: str, event_id: str
) -> None:
    letter = msgspec.structs.replace(LETTER, message=message, stack=stack, event_id=event_id)
    headers = letter.to_message("dead", record(7, b"x")).headers

    assert DeadLetter.read(headers) == letter
    assert all(value.isascii() and value.isprintable() for value in headers.values())


def test_half_a_surrogate_pair_becomes_readable_text() -> None:
    letter = msgspec.structs.replace(LETTER, message="\ud800")

    assert read_back(letter).message == "\\ud800"


def test_readable_text_stays_readable_in_the_header() -> None:
    headers = LETTER.to_message("dead", record(7, b"x")).headers

    assert headers["sluice-cause"] == "ValueError in shop.py:1 count"


@pytest.mark.parametrize("key", [None, "", "k", "ä"])
@pytest.mark.parametrize("value", [b"", b"\xff\x00", b"{}"])
def test_a_record_comes_back_as_it_was(key: str | None, value: bytes) -> None:
    original = Record("sales", 2, 7, key, value, {"tenant": "a%20b", "ce_id": "1"}, NOON_MS)
    letter = as_record(LETTER.to_message("dead", original), 99)
    replayed = as_record(replay_message("retry", letter), 3)

    assert restore(replayed) == (original, LETTER)


def test_no_header_of_a_producer_is_taken_for_ours() -> None:
    given = record(7, b"x", headers={"tenant": "a", "sluice-edition": "9", "sluice-id": "mine"})
    headers = LETTER.to_message("dead", given).headers

    assert headers.keys() - set(HEADER_NAMES) == {"tenant"}
    assert DeadLetter.read(headers) == LETTER


def test_a_record_that_is_no_dead_letter_is_left_alone() -> None:
    plain = record(0, b"x", headers={"tenant": "a", "sluice-mood": "good"})

    assert restore(plain) == (plain, None)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sluice-id": "1"},
        {**LETTER.to_message("dead", record(7, b"x")).headers, "sluice-attempts": "many"},
    ],
)
def test_headers_that_say_too_little_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(SluiceError, match="is no dead letter of a function"):
        DeadLetter.read(headers)
