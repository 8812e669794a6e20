"""A function that takes bytes decodes for itself: what cannot be read is its own to judge."""

from __future__ import annotations

import pytest

from runtime import Event, Reject, Retries, Retry, function, wire
from tests.runtime.making import Shop, record, sale


@function(subscribes="sales", retries=Retries(attempts=1, later_seconds=(2, 10)))
def read_for_itself(raw: bytes, event: Event) -> None:
    """Refuse what is no JSON later, and what is no object at once."""
    try:
        found = wire.decode(raw)
    except Exception as error:
        raise Retry(f"{raw!r} from offset {event.offset}: {error}") from error
    if not isinstance(found, dict):
        raise Reject("no object")


@pytest.fixture
def shop() -> Shop:
    return Shop(read_for_itself)


UNREADABLE = [b"{", b"\xff\xfe", b'{"specversion": "9.9"', b"[" * 5000, b'{"a": 1e999}']


@pytest.mark.parametrize("value", UNREADABLE)
def test_what_cannot_be_read_is_tried_again_like_any_failure(shop: Shop, value: bytes) -> None:
    shop.deliver(record(0, value), sale(1))
    shop.pass_time(1)

    assert shop.letters == []

    shop.pass_time(12)

    [letter], [reason] = shop.letters, shop.reasons
    assert (letter.value, reason.attempts, reason.origin_offset) == (value, 3, 0)
    assert reason.error == "Retry"


def test_a_verdict_on_the_bytes_holds_at_once(shop: Shop) -> None:
    shop.deliver(record(0, b"[]"))

    assert [reason.attempts for reason in shop.reasons] == [1]


def test_of_an_event_it_gets_the_data(shop: Shop) -> None:
    shop.deliver(sale(0))

    assert shop.letters == []


def test_a_record_that_is_too_large_is_nobody_s_to_read(shop: Shop) -> None:
    value = b'"' + b"x" * shop.settings.max_event_bytes + b'"'

    shop.deliver(record(0, value))

    assert [reason.attempts for reason in shop.reasons] == [1]
