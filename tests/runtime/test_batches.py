"""A function that takes a list: called once for all events, and each event has its own fate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from runtime import Reject, Retries, Retry, Table, function
from runtime.delivery import Consumer
from runtime.errors import PlatformDown
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import Sale, Shelf, Shop, record, sale

AT_ONCE = Retries(first_seconds=0, most_seconds=0)


@dataclass
class Ledger:
    """A resource that remembers every call, and refuses what it is told to."""

    calls: list[list[str]] = field(default_factory=list)
    refused: dict[str, Exception] = field(default_factory=dict)
    #: Raised by the next calls, whatever they are for.
    ahead: list[Exception] = field(default_factory=list)

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Ledger:
        return cls()

    def write(self, names: list[str]) -> None:
        self.calls.append(names)
        if self.ahead:
            raise self.ahead.pop(0)
        for name in names:
            if name in self.refused:
                raise self.refused[name]

    @property
    def written(self) -> list[str]:
        good = [call for call in self.calls if not set(call) & set(self.refused)]
        return [name for call in good for name in call]


@function(subscribes="sales", retries=AT_ONCE)
def book(sales: list[Sale], shelves: Table[Shelf], ledger: Ledger) -> None:
    """Count the pieces, then write all names at once."""
    for each in sales:
        with shelves.edit(each.product, Shelf) as shelf:
            shelf.sold += each.pieces
    ledger.write([each.product for each in sales])


@pytest.fixture
def shop() -> Shop:
    return Shop(book)


@pytest.fixture
def ledger(shop: Shop) -> Ledger:
    found: Ledger = shop.resources.get(Ledger)
    return found


def sales(*names: str) -> list:
    return [sale(offset, name) for offset, name in enumerate(names)]


def test_all_events_of_a_batch_come_in_one_call(shop: Shop, ledger: Ledger) -> None:
    shop.deliver(*sales("a", "b", "a"))

    assert ledger.calls == [["a", "b", "a"]]
    assert (shop.sold("a"), shop.sold("b")) == (2, 1)


def test_a_single_event_is_a_list_of_one(shop: Shop, ledger: Ledger) -> None:
    shop.deliver(*sales("a"))

    assert ledger.calls == [["a"]]


def test_a_bad_event_is_its_own_dead_letter_and_the_others_are_handled_once(
    shop: Shop, ledger: Ledger
) -> None:
    ledger.refused["bad"] = Reject("It cannot be written.")
    names = [f"good-{number}" for number in range(63)]

    shop.deliver(*sales(*names[:40], "bad", *names[40:]))

    assert sorted(ledger.written) == sorted(names)
    assert [shop.sold(name) for name in names] == [1] * 63
    assert shop.sold("bad") == 0
    [reason] = shop.reasons
    assert (reason.message, reason.attempts) == ("It cannot be written.", 1)


def test_looking_for_one_bad_event_costs_few_calls(shop: Shop, ledger: Ledger) -> None:
    ledger.refused["bad"] = Reject("no")

    shop.deliver(*sales(*(f"good-{number}" for number in range(1023)), "bad"))

    # 1,024 in halves down to the bad one, twice at each step, and the two of the last pair.
    assert len(ledger.calls) == 21


def test_an_event_that_cannot_be_read_does_not_come_with_the_others(
    shop: Shop, ledger: Ledger
) -> None:
    shop.deliver(sale(0, "a"), record(1, b"?"), sale(2, "b"))

    assert ledger.calls == [["a", "b"]]
    assert len(shop.letters) == 1


def test_an_event_that_comes_twice_is_in_no_second_list(shop: Shop, ledger: Ledger) -> None:
    shop.deliver(*sales("a", "b"))
    shop.deliver(sale(1, "b"), sale(2, "c"), sale(3, "a", id="sale-0"))

    assert ledger.calls == [["a", "b"], ["c"]]


def test_a_failing_event_is_tried_as_often_as_the_function_says(shop: Shop, ledger: Ledger) -> None:
    ledger.refused["bad"] = OSError("disk")

    shop.deliver(*sales("a", "bad"))

    assert ledger.calls == [["a", "bad"], ["a"], ["bad"], ["bad"], ["bad"]]
    assert [reason.attempts for reason in shop.reasons] == [3]


def test_what_passes_by_itself_leaves_no_dead_letter(shop: Shop, ledger: Ledger) -> None:
    ledger.ahead = [OSError("once")]

    shop.deliver(*sales("a", "b"))

    assert ledger.calls == [["a", "b"], ["a"], ["b"]]
    assert shop.letters == []


def test_retry_is_meant_for_every_event_of_the_call(ledger: Ledger) -> None:
    shop = Shop(book, retry_seconds="5")
    ledger = shop.resources.get(Ledger)
    ledger.ahead = [Retry("not now")]

    shop.deliver(*sales("a", "b", "c"))
    assert ledger.calls == [["a", "b", "c"]]
    assert shop.sold("a") == 0

    shop.pass_time(10)
    assert ledger.calls == [["a", "b", "c"], ["a", "b", "c"]]
    assert [shop.sold(name) for name in "abc"] == [1, 1, 1]
    assert shop.letters == []


def test_an_outage_lets_all_of_them_wait_and_come_again_together(
    shop: Shop, ledger: Ledger
) -> None:
    ledger.ahead = [PlatformDown("away")]
    batch = sales("a", "b")

    with pytest.raises(PlatformDown, match="away"):
        shop.deliver(*batch)
    shop.deliver(*batch)

    assert ledger.calls == [["a", "b"], ["a", "b"]]
    assert (shop.sold("a"), shop.letters) == (1, [])


def test_a_function_that_fails_all_the_time_is_not_asked_for_every_event() -> None:
    shop = Shop(book, retry_seconds="5")
    ledger: Ledger = shop.resources.get(Ledger)
    names = [f"sale-{number}" for number in range(1000)]
    ledger.refused = {name: OSError("away") for name in names}

    shop.deliver(*sales(*names))
    assert len(ledger.calls) < 40

    ledger.refused = {}
    shop.pass_time(30)
    assert [shop.sold(name) for name in names] == [1] * 1000
    assert shop.letters == []


def test_a_returned_event_is_a_failure_because_no_topic_is_named() -> None:
    @function(subscribes="sales", retries=AT_ONCE)
    def say(sales: list[Sale]):  # type: ignore[no-untyped-def]
        return sales[0]

    shop = Shop(say)

    shop.deliver(*sales("a"))

    assert "expected nothing to be published" in shop.reasons[0].message


def test_what_a_failing_call_did_to_its_events_is_undone() -> None:
    seen: list[list[str]] = []

    @function(subscribes="sales", retries=AT_ONCE)
    def spoil(sales: list[dict]) -> None:  # type: ignore[type-arg]
        seen.append([each.get("product", "spoilt") for each in sales])
        for each in sales:
            each.clear()
        if len(seen) == 1:
            raise OSError("once")

    Shop(spoil).deliver(*sales("a", "b"))

    assert seen == [["a", "b"], ["a"], ["b"]]


def test_bytes_come_as_they_are() -> None:
    seen: list[list[bytes]] = []

    @function(subscribes="sales")
    def keep(papers: list[bytes]) -> None:
        seen.append(papers)

    Consumer(keep.spec, RecordingSidecar()).deliver([record(0, b"?"), record(1, b"!")])

    assert seen == [[b"?", b"!"]]
