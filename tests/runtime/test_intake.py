"""What becomes of a record: bytes for a function that reads for itself, and the rows it needs."""

from __future__ import annotations

import pytest

from runtime import Event, Reject, Retries, Retry, Table, function, intake, wire
from runtime.record import Record
from runtime.spec import FunctionSpec
from tests.runtime.making import Sale, Shelf, Shop, record, sale


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


@function(
    subscribes="sales",
    when=lambda sale: sale.pieces > 0,
    reads={
        "shelves": lambda sale: [sale.product],
        "tills": lambda sale, event: [event.key, event.id],
    },
)
def take_stock(sale: Sale, shelves: Table[Shelf], tills: Table[Shelf]) -> None:
    """Need rows of two tables: one is named by the data, one by the envelope."""


def keys(record: Record) -> list[str]:
    spec: FunctionSpec = take_stock.spec  # type: ignore[attr-defined]
    return list(intake.keys_of(spec, intake.read(spec, record, 1_000)))


def test_the_rows_of_an_event_are_told_from_its_data_and_its_envelope() -> None:
    assert keys(sale(0, "hats", key="till-7", id="s-1")) == [
        "shelves/hats",
        "tills/till-7",
        "tills/s-1",
    ]


@pytest.mark.parametrize("unwanted", [sale(0, pieces=0), record(0, b"{")])
def test_an_event_that_will_not_be_handled_needs_no_rows(unwanted: Record) -> None:
    assert keys(unwanted) == []
