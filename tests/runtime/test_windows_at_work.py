"""Windows in rows of a table: they survive a restart in the middle, and leave nothing behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from runtime import Event, Table, function
from runtime.windows import JoinWindow, SessionWindows, TumblingWindows
from tests.runtime.making import NOON, Sale, Shop, sale

WEEK = 7 * 24 * 3600
TUMBLING = TumblingWindows(timedelta(seconds=30), timedelta(seconds=60))
SESSIONS = SessionWindows(timedelta(seconds=30), timedelta(seconds=60))
JOIN = JoinWindow(timedelta(seconds=30))


class Gathered(msgspec.Struct):
    """The sales of one window or session."""

    start: datetime
    end: datetime
    sales: list[str] = []

    @classmethod
    def at(cls, start: datetime) -> Gathered:
        return cls(start, start)

    def absorb(self, other: Gathered) -> None:
        self.start, self.end = min(self.start, other.start), max(self.end, other.end)
        self.sales = self.sales + other.sales


class Open(msgspec.Struct):
    """What of a product is not closed yet."""

    panes: list[Gathered] = []


@function(subscribes="sales", reads={"windows": lambda sale: [sale.product]})
def gather_windows(sale: Sale, event: Event, windows: Table[Open]) -> None:
    """Gather sales of a product in tumbling windows."""
    with windows.edit(sale.product, Open, ttl_seconds=WEEK) as row:
        if (pane := TUMBLING.take(row.panes, event.time, Gathered.at)) is not None:
            pane.sales.append(event.id)


@function(subscribes="sales", reads={"windows": lambda sale: [sale.product]})
def gather_sessions(sale: Sale, event: Event, windows: Table[Open]) -> None:
    """Gather sales of a product in sessions."""
    with windows.edit(sale.product, Open, ttl_seconds=WEEK) as row:
        SESSIONS.add(row.panes, Gathered(event.time, event.time, [event.id]))


@function(subscribes="sales", publishes="pairs", reads={"windows": lambda sale: [sale.product]})
def pair(sale: Sale, event: Event, windows: Table[Open]) -> list[Sale]:
    """Pair each sale with those of the same product that are together with it."""
    with windows.edit(sale.product, Open, ttl_seconds=WEEK) as row:
        waiting = [one for one in row.panes if not JOIN.is_over(one.start, event.time)]
        found = [one for one in waiting if JOIN.holds(one.start, event.time)]
        row.panes = [*waiting, Gathered(event.time, event.time, [event.id])]
    return [Sale(one.sales[0], sale.pieces) for one in found]


def sold(number: int, seconds: float) -> Any:
    return sale(number, id=f"s{number}", time=NOON + timedelta(seconds=seconds))


def gathered(shop: Shop) -> list[list[str]]:
    return [pane["sales"] for pane in shop.row("windows/socks")["panes"]]


@pytest.mark.parametrize(
    ("function", "expected"),
    [(gather_windows, [["s0", "s1", "s3"], ["s2"]]), (gather_sessions, [["s0", "s1", "s2", "s3"]])],
)
def test_a_window_goes_on_after_a_restart_in_the_middle_of_it(function, expected) -> None:
    shop = Shop(function)
    for number, seconds in enumerate((0, 10, 35, 20)):
        shop.deliver(sold(number, seconds))
        shop.restart()
        shop.deliver(sold(number, seconds))  # what was under way comes again

    assert [sorted(sales) for sales in gathered(shop)] == expected


def test_a_join_finds_its_partner_after_a_restart_whoever_came_first() -> None:
    shop = Shop(pair)
    for number, seconds in enumerate((30, 0, 61)):
        shop.deliver(sold(number, seconds))
        shop.restart()

    assert [out["data"]["product"] for out in shop.outputs] == ["s0"]


@pytest.mark.parametrize("function", [gather_windows, gather_sessions, pair])
def test_what_is_closed_leaves_the_row_with_the_next_event_of_its_key(function) -> None:
    shop = Shop(function)
    shop.deliver(sold(0, 0), sold(1, 1), sold(2, 500))

    assert gathered(shop) == [["s2"]]


def test_an_event_for_a_closed_window_is_not_counted_and_opens_none() -> None:
    shop = Shop(gather_windows)
    shop.deliver(sold(0, 500), sold(1, 0))

    assert gathered(shop) == [["s0"]]
    assert shop.letters == []


@pytest.mark.parametrize("function", [gather_windows, gather_sessions, pair])
def test_nothing_is_left_of_a_key_that_has_no_next_event(function) -> None:
    shop = Shop(function)
    shop.deliver(sold(0, 0), sold(1, 1))
    assert "windows/socks" in shop.sidecar.rows

    shop.clock.advance(WEEK - 1)
    assert "windows/socks" in shop.sidecar.rows

    shop.clock.advance(1)
    assert "windows/socks" not in shop.sidecar.rows
