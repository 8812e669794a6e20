"""The unit of work: what a good event does, and what a function may return and declare."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from runtime import FakeClock, Outgoing, Reject, Table, function
from runtime.delivery import Consumer
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import (
    NOON,
    Sale,
    Shelf,
    Shop,
    Trouble,
    sale,
)
from tests.runtime.selling import AT_ONCE, Sold, count, count_declared, count_in_order


@function(subscribes="sales", publishes=("cheap", "dear"), retries=AT_ONCE)
def sort_out(sale: Sale) -> Iterator[Outgoing]:
    """Publish to the topic that the product names, whatever it is."""
    yield Outgoing(sale, topic=sale.product, key=f"{sale.pieces}")
    yield Outgoing(sale, topic="cheap")


@function(subscribes="sales", publishes="sold", retries=AT_ONCE)
def publish_oddly(sale: Sale) -> Any:
    """Return what the product names."""
    return {
        "generator": (Sold("each", number) for number in range(sale.pieces)),
        "key that is a number": Outgoing({}, key=5),  # type: ignore[arg-type]
        "time without zone": Outgoing({}, time=datetime(2026, 1, 1)),
        "no JSON": Outgoing(object()),
        "not a number": Outgoing(Decimal("NaN")),
        "id that is a number": Outgoing({}, id=7),  # type: ignore[arg-type]
        "two megabytes": Outgoing("x" * 2_000_000),
    }[sale.product]


@function(subscribes="sales", when=lambda sale: sale.pieces > 0, retries=AT_ONCE)
def count_some(sale: Sale, shelves: Table[Shelf]) -> None:
    """Look away from sales of nothing."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += 1 // (sale.pieces - 13)


@function(subscribes="sales", unique=lambda sale: sale.product, retries=AT_ONCE)
def count_unique(sale: Sale, shelves: Table[Shelf], trouble: Trouble) -> None:
    """Count each product once."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += 1
    trouble.call(sale.product)


# What a good event does


def test_writes_rows_and_publishes_once_for_each_event(shop: Shop) -> None:
    shop.deliver(sale(0, pieces=2), sale(1, pieces=3))

    assert shop.sold() == 5
    assert [output["data"]["sold"] for output in shop.outputs] == [2, 5]


def test_an_output_takes_key_and_time_of_its_cause(shop: Shop) -> None:
    shop.deliver(sale(0, key="till-7", time=NOON))

    assert shop.sidecar.messages[0].key == "till-7"
    assert shop.outputs[0]["time"] == "2026-01-01T12:00:00Z"


def test_position_is_the_offset_after_the_last_event(shop: Shop) -> None:
    before = shop.consumer.position("sales", 0)
    shop.deliver(sale(0), sale(1))

    assert (before, shop.consumer.position("sales", 0)) == (0, 2)


def test_a_long_delivery_is_cut_into_batches() -> None:
    @function(subscribes="sales", batch=2, retries=AT_ONCE)
    def in_twos(sale: Sale) -> None: ...

    shop = Shop(in_twos)
    shop.deliver(*(sale(offset) for offset in range(5)))

    assert shop.sidecar.calls.count("transact") == 3


@pytest.mark.parametrize(("records", "units"), [(1, 5), (2, 3), (5, 1)])
def test_a_delivery_of_large_records_is_cut_where_they_are_too_much_together(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, records: int, units: int
) -> None:
    sales = [sale(offset) for offset in range(5)]
    monkeypatch.setattr("runtime.unit.MOST_BYTES", records * len(sales[0].value))
    shop.deliver(*sales)

    assert shop.sidecar.calls.count("transact") == units


def test_a_record_that_is_too_much_by_itself_is_a_unit_of_its_own(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.unit.MOST_BYTES", 1)
    shop.deliver(sale(0), sale(1))

    assert shop.sidecar.calls.count("transact") == 2


def test_tells_which_rows_were_written_after_the_transaction() -> None:
    told: list[str] = []
    shop = Shop(count)
    consumer = Consumer(
        count.spec, shop.sidecar, resources=shop.resources, committed=lambda keys: told.extend(keys)
    )
    consumer.deliver([sale(0)])

    assert told == ["shelves/socks"]


# What a function may return


def test_a_generator_is_published_item_by_item() -> None:
    shop = Shop(publish_oddly)
    shop.deliver(sale(0, "generator", 3))

    assert [output["data"]["sold"] for output in shop.outputs] == [0, 1, 2]
    assert len({output["id"] for output in shop.outputs}) == 3


@pytest.mark.parametrize(
    "what",
    [
        "key that is a number",
        "time without zone",
        "no JSON",
        "not a number",
        "id that is a number",
        "two megabytes",
    ],
)
def test_an_output_that_cannot_be_published_is_a_dead_letter(what: str) -> None:
    shop = Shop(publish_oddly)
    shop.deliver(sale(0, "generator"), sale(1, what), sale(2, "generator"))

    assert [reason.event_id for reason in shop.reasons] == ["sale-1"]
    assert len(shop.outputs) == 2


def test_several_topics_are_chosen_by_outgoing() -> None:
    shop = Shop(sort_out)
    shop.deliver(sale(0, "dear", 7, key="till"))

    assert [(m.topic, m.key) for m in shop.sidecar.messages] == [("dear", "7"), ("cheap", "till")]


def test_a_topic_that_was_not_declared_is_a_dead_letter_naming_those_that_were() -> None:
    shop = Shop(sort_out)
    shop.deliver(sale(0, "free"))

    assert "returned an event for 'free'; expected 'cheap' or 'dear'" in shop.reasons[0].message
    assert shop.outputs == []


# when=, reads=, unique=, ordered=


def test_events_that_when_refuses_are_done_silently() -> None:
    shop = Shop(count_some)
    shop.deliver(sale(0, pieces=0), sale(1, pieces=14))

    assert (shop.sold(), shop.letters, shop.consumer.position("sales", 0)) == (1, [], 2)


def test_a_when_that_fails_is_that_events_failure() -> None:
    @function(subscribes="sales", when=lambda sale: 1 // sale.pieces > 0, retries=AT_ONCE)
    def divide(sale: Sale) -> None: ...

    shop = Shop(divide)
    shop.deliver(sale(0, pieces=0), sale(1))

    assert [(r.error, r.attempts) for r in shop.reasons] == [("ZeroDivisionError", 1)]


def test_declared_rows_are_read_in_one_request() -> None:
    shop = Shop(count_declared)
    shop.deliver(sale(0, "hats"), sale(1, "socks"), sale(2, "hats"))

    assert shop.sidecar.calls == ["get", "transact"]
    assert shop.sold("hats") == 2


def test_reads_that_fail_are_that_events_failure() -> None:
    shop = Shop(count_declared)
    shop.deliver(sale(0, ""), sale(1, "socks"))

    assert [(r.error, r.attempts) for r in shop.reasons] == [("IndexError", 1)]
    assert shop.sold() == 1


def test_a_wrong_prediction_of_reads_costs_only_a_request() -> None:
    shop = Shop(count_declared)
    shop.deliver(sale(0, "bad hats"))

    assert shop.sold("bad hats") == 1


def test_an_event_known_by_unique_is_handled_once_under_whatever_id() -> None:
    shop = Shop(count_unique)
    shop.deliver(sale(0), sale(1))
    shop.restart()
    shop.deliver(sale(2), sale(0, partition=1, id="other"))

    assert shop.sold() == 1


def test_a_unique_mark_ends_with_the_retention() -> None:
    shop = Shop(count_unique, RecordingSidecar(clock := FakeClock()))
    shop.deliver(sale(0))
    clock.advance(shop.settings.retention_seconds + 1)
    shop.deliver(sale(1))

    assert shop.sold() == 2


def test_a_failed_unique_event_may_be_replayed() -> None:
    shop = Shop(count_unique)
    shop.trouble.ahead["socks"] = [OSError("down")] * 3
    shop.deliver(sale(0))
    shop.replay(shop.letters[0])

    assert shop.sold() == 1


def test_a_unique_that_is_no_text_is_that_events_failure() -> None:
    @function(subscribes="sales", unique=lambda sale: sale.pieces, retries=AT_ONCE)
    def by_number(sale: Sale) -> None: ...

    shop = Shop(by_number)
    shop.deliver(sale(0))

    assert [(r.error, r.attempts) for r in shop.reasons] == [("ValueError", 1)]


def test_later_events_of_a_failing_key_wait_in_order() -> None:
    shop = Shop(count_in_order)
    shop.trouble.ahead["a1"] = [OSError("busy")]
    shop.deliver(sale(0, id="a1", key="a"), sale(1, id="a2", key="a"), sale(2, id="b1", key="b"))

    assert shop.trouble.calls == ["a1", "b1", "a1", "a2"]


def test_later_events_of_a_key_go_on_after_the_failing_one_was_given_up() -> None:
    shop = Shop(count_in_order)
    shop.trouble.ahead["a1"] = [OSError("busy")] * 3
    shop.trouble.ahead["a2"] = [Reject("never")]
    shop.deliver(*(sale(n, id=f"a{n}", key="a") for n in (1, 2, 3)))

    assert shop.trouble.calls == ["a1", "a1", "a1", "a2", "a3"]
    assert [reason.event_id for reason in shop.reasons] == ["a1", "a2"]
