"""What a function gets for its parameters, and how long that lives."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from runtime import Clock, Event, FakeClock, Table, Timers, function
from runtime.arguments import Arguments, Resources
from runtime.rows import Rows
from tests.runtime.making import Sale, Shelf


class Limits:
    """A resource made from the environment."""

    def __init__(self, most: int) -> None:
        self.most = most

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Limits:
        return cls(int(environ["MOST"]))


@function(subscribes="sales")
def use(
    sale: Sale, event: Event, clock: Clock, shelves: Table[Shelf], timers: Timers, limits: Limits
) -> None:
    """Ask for everything."""


def test_a_function_gets_what_it_asks_for_by_type() -> None:
    clock, resources = FakeClock(), Resources({"MOST": "7"})
    given = Arguments(use.spec, clock, resources).over(Rows())({"sale": 1, "event": 2})

    assert list(given) == ["clock", "shelves", "timers", "limits", "sale", "event"]
    assert (given["clock"], given["limits"].most, given["sale"]) == (clock, 7, 1)
    assert isinstance(given["shelves"], Table)
    assert isinstance(given["timers"], Timers)


def test_tables_and_timers_of_a_unit_of_work_share_its_rows() -> None:
    rows = Rows(clock=FakeClock())
    given = Arguments(use.spec, FakeClock(), Resources({"MOST": "7"})).over(rows)({})
    given["shelves"].put("socks", Shelf(1))
    given["timers"].set("socks", FakeClock().now() + timedelta(minutes=1))

    assert [write.key.partition("/")[0] for write in rows.writes()] == [
        "shelves",
        "timers.cursor",
        "timers",
    ]


def test_a_resource_is_made_when_it_is_first_asked_for_and_once() -> None:
    resources = Resources({"MOST": "7"})

    assert resources.get(Limits) is resources.get(Limits)


def test_many_threads_get_the_same_resource() -> None:
    resources = Resources({"MOST": "7"})
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: id(resources.get(Limits)), range(100)))

    assert len(found) == 1


def test_what_opening_raises_goes_through_and_is_tried_again() -> None:
    environ: dict[str, str] = {}
    resources = Resources(environ)
    with pytest.raises(KeyError, match="MOST"):
        resources.get(Limits)
    environ["MOST"] = "7"

    assert resources.get(Limits).most == 7


def test_a_fake_clock_moves_only_when_it_is_told_to() -> None:
    clock = FakeClock()
    before = clock.now()
    clock.advance(1.5)

    assert clock.now() - before == timedelta(seconds=1.5)
    assert clock.now().tzinfo is not None


def test_the_real_clock_is_in_utc() -> None:
    assert Clock().now().utcoffset() == timedelta(0)
