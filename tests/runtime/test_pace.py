"""A store that is too slow for a whole batch gets smaller ones, and whole ones again later."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pytest

from runtime import Table, function
from runtime.errors import PlatformSilent, PlatformSlow
from runtime.pace import Pace
from runtime.record import Message
from runtime.sidecars.base import Write
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.making import Sale, Shelf, Shop, sale


def work(pace: Pace, events: int, error: Exception | None = None) -> None:
    with pace.doing(events):
        if error:
            raise error


def test_a_batch_is_whole_at_first() -> None:
    assert Pace(2000).events == 2000


def test_too_much_is_halved_until_it_is_little_enough() -> None:
    pace, sizes = Pace(2000), []
    for events in (300, 150, 75):
        with pytest.raises(PlatformSlow):
            work(pace, events, PlatformSlow())
        sizes.append(pace.events)

    assert sizes == [150, 75, 37]


def test_one_event_stays_one() -> None:
    pace = Pace(2000)
    with pytest.raises(PlatformSlow):
        work(pace, 1, PlatformSlow())

    assert pace.events == 1


def test_grows_again_to_a_whole_batch_and_no_further() -> None:
    seconds = iter(range(1000))
    pace = Pace(2000, lambda: next(seconds))
    with pytest.raises(PlatformSlow):
        work(pace, 2, PlatformSlow())
    sizes = []
    for _ in range(200):
        work(pace, pace.events)
        sizes.append(pace.events)

    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == (1, 2000)


def test_silence_says_nothing_about_the_size() -> None:
    pace = Pace(2000)
    with pytest.raises(PlatformSilent):
        work(pace, 2000, PlatformSilent())

    assert pace.events == 2000


class Slow(RecordingSidecar):
    """A store that is never ready in time with more than ten rows."""

    def transact(self, writes: Sequence[Write], messages: Sequence[Message] = ()) -> None:
        if len(writes) > 10:
            raise PlatformSlow("too much at once")
        super().transact(writes, messages)


@function(subscribes="sales")
def count(sale: Sale, shelves: Table[Shelf]) -> None:
    """Count what was sold of each product."""
    with shelves.edit(sale.product, Shelf) as shelf:
        shelf.sold += sale.pieces


def test_a_backlog_is_worked_off_on_a_store_that_is_too_slow_for_all_of_it() -> None:
    shop = Shop(count, Slow())
    records = [sale(number, f"product-{number}") for number in range(200)]
    deliveries = 0
    while shop.sold("product-199") == 0:
        deliveries += 1
        assert deliveries < 60
        with suppress(PlatformSlow):
            shop.deliver(*records)

    assert {shop.sold(f"product-{number}") for number in range(200)} == {1}
