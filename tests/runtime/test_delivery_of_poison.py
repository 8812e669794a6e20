"""The unit of work: a bad event is a failure of its own, and good ones are handled once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from runtime import Reject, Retry, Table, function
from tests.runtime.making import (
    Sale,
    Shelf,
    Shop,
    Trouble,
    record,
    sale,
)
from tests.runtime.selling import AT_ONCE, count_declared


class Basket(msgspec.Struct):
    """A mutable event: a function may spoil it before it fails."""

    items: list[str]


@function(subscribes="sales", publishes="emptied", retries=AT_ONCE)
def empty(basket: Basket, trouble: Trouble) -> dict[str, str]:
    """Take the first item out."""
    first = basket.items.pop(0)
    trouble.call(first)
    return {"first": first}


@function(subscribes="sales", retries=AT_ONCE)
def keep_oddly(sale: Sale, shelves: Table[Shelf]) -> None:
    """Put a row that cannot be written."""
    odd: Any = {"object": object(), "NaN": Decimal("NaN")}.get(sale.product, sale.pieces)
    shelves.put(sale.product, Shelf(odd))


# Poison


def test_good_events_around_a_poison_one_are_handled_once(shop: Shop) -> None:
    shop.trouble.ahead["poison"] = [ValueError("no such thing")] * 3
    shop.deliver(sale(0), sale(1, "poison"), sale(2))

    assert shop.sold() == 2
    assert shop.sold("poison") == 0
    assert shop.trouble.calls.count("socks") == 2


def test_a_poison_event_leaves_one_dead_letter_with_every_reason(shop: Shop) -> None:
    shop.trouble.ahead["poison"] = [ValueError("no such thing")] * 3
    shop.deliver(sale(0), sale(1, "poison", key="till-7"), sale(2))

    (reason,) = shop.reasons
    assert (reason.function, reason.error, reason.attempts) == ("runtime.count", "ValueError", 3)
    assert (reason.origin_topic, reason.origin_partition, reason.origin_offset) == ("sales", 0, 1)
    assert (reason.event_source, reason.event_id) == ("/till", "sale-1")
    assert "no such thing" in reason.stack
    assert reason.cause.startswith("ValueError in making.py:")


def test_a_dead_letter_keeps_key_bytes_and_headers(shop: Shop) -> None:
    bad = record(0, b"\xff\xfe", key=None, headers={"tenant": "ä %41"})
    shop.deliver(bad)

    (letter,) = shop.letters
    assert (letter.key, letter.value, letter.headers["tenant"]) == (None, b"\xff\xfe", "ä %41")


def test_what_cannot_be_read_is_not_retried(shop: Shop) -> None:
    shop.deliver(record(0, b"{"), sale(1))

    (reason,) = shop.reasons
    assert (reason.error, reason.attempts) == ("DecodeError", 1)
    assert shop.sold() == 1


def test_a_tombstone_is_a_dead_letter_where_a_value_is_expected(shop: Shop) -> None:
    shop.deliver(record(0, b"", key="socks"))

    assert "Expected `object`, got `null`" in shop.reasons[0].message


def test_a_record_over_the_size_limit_is_a_dead_letter(shop: Shop) -> None:
    shop.deliver(record(0, b'"' + b"x" * shop.settings.max_event_bytes + b'"'), sale(1))

    assert "expected at most 1048576" in shop.reasons[0].message
    assert shop.sold() == 1


def test_an_event_failing_twice_then_succeeding_is_no_dead_letter(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = [OSError("busy"), OSError("busy")]
    shop.deliver(sale(0))

    assert (shop.sold(), shop.letters) == (1, [])
    assert [output["data"]["sold"] for output in shop.outputs] == [1]


def test_reject_costs_one_attempt(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = [Reject("never")]
    shop.deliver(sale(0))

    assert (shop.reasons[0].error, shop.reasons[0].attempts) == ("Reject", 1)


def test_retry_is_tried_again_like_any_failure(shop: Shop) -> None:
    shop.trouble.ahead["socks"] = [Retry("later")]
    shop.deliver(sale(0))

    assert (shop.sold(), shop.letters) == (1, [])


def test_hundred_events_of_which_one_always_fails(shop: Shop) -> None:
    shop.trouble.ahead["poison"] = [ValueError("always")] * 3
    shop.deliver(*(sale(n, "poison" if n == 50 else "socks") for n in range(100)))

    assert (shop.sold(), len(shop.letters), len(shop.outputs)) == (99, 1, 99)


def test_an_attempt_that_spoils_its_data_does_not_spoil_the_next_one() -> None:
    shop = Shop(empty)
    shop.trouble.ahead["a"] = [OSError("busy")]
    shop.deliver(record(0, b'{"items":["a","b"]}'))

    assert [output["data"] for output in shop.outputs] == [{"first": "a"}]


def test_a_row_that_cannot_be_written_is_that_events_failure_alone() -> None:
    shop = Shop(keep_oddly)
    shop.deliver(sale(0, "hats"), sale(1, "object"), sale(2, "NaN"), sale(3, "gloves"))

    assert [reason.event_id for reason in shop.reasons] == ["sale-1", "sale-2"]
    assert (shop.sold("hats"), shop.sold("gloves")) == (1, 1)


def test_a_key_that_no_store_would_keep_is_that_events_failure_alone() -> None:
    shop = Shop(count_declared)
    shop.deliver(sale(0), sale(1, "so\0cks"), sale(2))

    assert (shop.sold(), len(shop.letters)) == (2, 1)
    assert "cannot be kept" in shop.reasons[0].message


def test_an_error_that_cannot_be_printed_is_still_a_dead_letter(shop: Shop) -> None:
    class Unprintable(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    shop.trouble.ahead["poison"] = [Unprintable()] * 3
    shop.trouble.ahead["odd"] = [ValueError("\ud800 \n ä " + "x" * 100_000)] * 3
    shop.deliver(sale(0, "poison"), sale(1, "odd"), sale(2))

    assert [reason.error for reason in shop.reasons] == ["Unprintable", "ValueError"]
    assert all(sum(map(len, letter.headers.values())) < 50_000 for letter in shop.letters)
    assert shop.sold() == 1


def test_a_function_that_ends_the_process_fails_alone(shop: Shop) -> None:
    shop.trouble.ahead["poison"] = [SystemExit(1)] * 3
    shop.deliver(sale(0, "poison"), sale(1))

    assert "tried to end the process: SystemExit(1)" in shop.reasons[0].message
    assert shop.sold() == 1
