"""What a function sees of its tables, in a test and in a unit of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec
import pytest

from runtime import FakeClock, Reject, Table
from runtime.errors import Missing
from runtime.listing import PAGE_SIZE
from runtime.rows import Rows
from runtime.sidecars.base import Stored
from runtime.sidecars.recording import RecordingSidecar


@dataclass
class Jar:
    """A row."""

    beans: int = 0
    price: Decimal = Decimal("0.10")


class Order(msgspec.Struct):
    """A row that can be paged."""

    __listed__ = True
    id: str
    state: str = "CREATED"


class Unit:
    """Units of work over one store."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.sidecar = RecordingSidecar(self.clock)
        self.rows = Rows()
        self.begin()

    def begin(self, lane: str = "orders-0") -> None:
        self.rows = Rows(self.sidecar.get, lane=lane, clock=self.clock)

    def commit(self) -> None:
        self.sidecar.transact(self.rows.writes())
        self.begin(self.rows.lane)

    @property
    def jars(self) -> Table[Jar]:
        return Table.over(self.rows, "jars", Jar)

    @property
    def orders(self) -> Table[Order]:
        return Table.over(self.rows, "orders", Order)

    @property
    def orders_of_a_request(self) -> Table[Order]:
        return Table.over(self.rows, "orders", Order, lists=False)

    def add(self, *ids: str, lane: str = "orders-0") -> None:
        """Put orders, one unit of work and one second each."""
        for id in ids:
            self.begin(lane)
            self.orders.put(id, Order(id))
            self.commit()
            self.clock.advance(1)

    def pages(self, limit: int) -> list[list[str]]:
        """Turn all pages."""
        found, after = [], None
        while True:
            page = self.orders.page(limit, after)
            found.append([key for key, _ in page.rows])
            after = page.after
            if after is None:
                return found


@pytest.fixture
def unit() -> Unit:
    return Unit()


# In a test


def test_a_table_of_a_test_holds_what_it_was_given() -> None:
    jars = Table({"a": Jar(1), "b": Jar(2)})

    assert (jars.get("a"), jars.get("c"), "b" in jars, "c" in jars) == (Jar(1), None, True, False)
    assert jars.rows == {"a": Jar(1), "b": Jar(2)}


def test_a_table_of_a_test_is_changed_like_a_real_one() -> None:
    jars = Table({"a": Jar(1), "b": Jar(2)})
    jars.delete("a")
    jars.delete("never there")
    with jars.edit("b") as jar:
        jar.beans += 1

    assert jars.rows == {"b": Jar(3)}


def test_a_table_of_a_test_can_be_paged() -> None:
    jars = Table({f"{n}": Jar(n) for n in range(5)})
    first = jars.page(2)
    second = jars.page(2, first.after)
    third = jars.page(2, second.after)

    assert [key for page in (first, second, third) for key, _ in page.rows] == list("43210")
    assert third.after is None


def test_two_tables_of_a_test_know_nothing_of_each_other() -> None:
    one, other = Table[Jar](), Table[Jar]()
    one.put("a", Jar())

    assert other.rows == {}


# In a unit of work


def test_rows_come_back_as_their_type(unit: Unit) -> None:
    unit.jars.put("a", Jar(1, Decimal("12345678901234567890.10")))
    unit.commit()

    assert unit.jars.get("a") == Jar(1, Decimal("12345678901234567890.10"))


def test_many_rows_are_read_in_one_request(unit: Unit) -> None:
    unit.jars.put("a", Jar(1))
    unit.jars.put("b", Jar(2))
    unit.commit()
    before = unit.sidecar.calls.count("get")
    found = unit.jars.get_many(["b", "x", "a", "b"])

    assert found == {"b": Jar(2), "a": Jar(1)}
    assert unit.sidecar.calls.count("get") == before + 1


def test_edit_makes_a_row_where_there_is_none(unit: Unit) -> None:
    with unit.jars.edit("a", Jar) as jar:
        jar.beans += 1
    unit.commit()

    assert unit.jars.get("a") == Jar(1)


def test_edit_without_default_names_the_missing_row(unit: Unit) -> None:
    with (
        pytest.raises(Missing, match="The table 'jars' has no row 'a'; give edit a default"),
        unit.jars.edit("a"),
    ):
        pass


def test_an_edit_that_fails_makes_no_row(unit: Unit) -> None:
    with pytest.raises(RuntimeError), unit.jars.edit("a", Jar):
        raise RuntimeError
    unit.commit()

    assert unit.sidecar.rows == {}


def test_a_row_may_have_an_end(unit: Unit) -> None:
    unit.jars.put("a", Jar(), ttl_seconds=60)
    unit.commit()
    before = unit.jars.get("a")
    unit.clock.advance(61)
    unit.begin()

    assert (before, unit.jars.get("a")) == (Jar(), None)


@pytest.mark.parametrize("times", [1, 2])
def test_a_row_that_is_edited_may_have_an_end(unit: Unit, times: int) -> None:
    for _ in range(times):
        with unit.jars.edit("a", Jar, ttl_seconds=60) as jar:
            jar.beans += 1
        unit.commit()
        unit.clock.advance(59)
    before = unit.jars.get("a")
    unit.clock.advance(1)
    unit.begin()

    assert (before, unit.jars.get("a")) == (Jar(times), None)


def test_tables_with_odd_keys_do_not_meet(unit: Unit) -> None:
    unit.jars.put("a/b||c", Jar(1))
    unit.commit()

    assert (unit.jars.get("a/b||c"), unit.jars.get("a/b")) == (Jar(1), None)
    assert list(unit.sidecar.rows) == ["jars/a/b%7C%7Cc"]


# Listing


def test_pages_come_newest_first(unit: Unit) -> None:
    unit.add("a", "b", "c", "d", "e")

    assert unit.pages(2) == [["e", "d"], ["c", "b"], ["a"]]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100, 1000])
def test_every_row_is_on_one_page_whatever_its_lane(unit: Unit, limit: int) -> None:
    ids = [f"{number:03}" for number in range(450)]
    for start in range(0, 450, 5):  # more than two full pages of keys in one lane
        unit.begin(f"orders-{0 if start < 300 else start % 3}")
        for id in ids[start : start + 5]:
            unit.orders.put(id, Order(id))
        unit.commit()
        unit.clock.advance(1)
    pages = unit.pages(limit)

    assert [key for page in pages for key in page] == ids[::-1]
    assert all(len(page) == limit for page in pages[:-1])


def test_a_row_put_again_keeps_its_place(unit: Unit) -> None:
    unit.add("a", "b")
    unit.orders.put("a", Order("a", "VALIDATED"))
    unit.commit()

    assert unit.orders.page().rows == [("b", Order("b")), ("a", Order("a", "VALIDATED"))]


def test_a_row_that_is_gone_is_passed_over(unit: Unit) -> None:
    unit.add("a", "b", "c")
    unit.orders.delete("b")
    unit.commit()

    assert unit.pages(1) == [["c"], ["a"]]


def test_a_row_removed_and_put_again_is_listed_once_as_new(unit: Unit) -> None:
    unit.add("a", "b", "c")
    unit.orders.delete("a")
    unit.commit()
    unit.add("a", lane="orders-1")

    assert unit.pages(2) == [["a", "c"], ["b"]]


def test_a_row_edited_is_listed_once(unit: Unit) -> None:
    unit.add("a")
    with unit.orders.edit("a") as order:
        order.state = "VALIDATED"
    unit.commit()

    assert unit.orders.page().rows == [("a", Order("a", "VALIDATED"))]


def test_a_request_lists_nothing_and_the_topic_function_does_it_later(unit: Unit) -> None:
    unit.orders_of_a_request.put("a", Order("a"))
    unit.commit()
    before = unit.pages(10)
    unit.add("a")

    assert (before, unit.pages(10)) == ([[]], [["a"]])


def test_a_request_that_changes_a_listed_row_leaves_it_listed_once(unit: Unit) -> None:
    unit.add("a")
    with unit.orders_of_a_request.edit("a") as order:
        order.state = "SHIPPED"
    unit.commit()
    unit.add("a")

    assert unit.pages(10) == [["a"]]


def test_rows_that_come_while_pages_are_turned_disturb_nothing(unit: Unit) -> None:
    unit.add("a", "b", "c")
    first = unit.orders.page(2)
    unit.add("d", "e")

    assert [key for key, _ in unit.orders.page(2, first.after).rows] == ["a"]


def test_what_comes_while_pages_are_turned_is_on_none_of_them(unit: Unit) -> None:
    unit.add("a", "b", lane="orders-0")
    unit.add("c", lane="orders-1")
    unit.add("d", lane="orders-0")
    first = unit.orders.page(1)
    unit.add("e", lane="orders-1")
    unit.add("f", lane="orders-2")
    second = unit.orders.page(10, first.after)

    assert [key for page in (first, second) for key, _ in page.rows] == ["d", "c", "b", "a"]


def test_a_later_page_reads_nothing_of_those_before(unit: Unit) -> None:
    unit.begin()
    for number in range(5 * PAGE_SIZE):
        unit.orders.put(f"{number}", Order(f"{number}"))
    unit.commit()
    after = unit.orders.page(4 * PAGE_SIZE).after
    asked: list[str] = []

    def get(keys: Sequence[str]) -> Mapping[str, Stored]:
        asked.extend(keys)
        return unit.sidecar.get(keys)

    orders: Table[Order] = Table.over(Rows(get), "orders", Order)
    page = orders.page(1, after)

    assert [key for key, _ in page.rows] == [f"{PAGE_SIZE - 1}"]
    assert len(asked) < PAGE_SIZE + 10


def test_an_event_that_fails_is_not_listed(unit: Unit) -> None:
    unit.rows.begin()
    unit.orders.put("a", Order("a"))
    unit.rows.rollback()
    unit.commit()
    unit.add("b")

    assert unit.pages(10) == [["b"]]


@pytest.mark.parametrize("mark", ["x", "", "%%%", "AAAA", "bnVsbA", "eyJhIjoiYiJ9", "ä"])
def test_a_mark_of_no_page_is_refused(unit: Unit, mark: str) -> None:
    unit.add("a")
    with pytest.raises(Reject, match="after is ") as caught:
        unit.orders.page(2, mark)

    assert (caught.value.status, caught.value.field) == (400, "after")


@pytest.mark.parametrize("limit", [0, -1])
def test_a_page_of_no_rows_is_refused(unit: Unit, limit: int) -> None:
    with pytest.raises(Reject, match=f"limit is {limit}; expected") as caught:
        unit.orders.page(limit)

    assert (caught.value.status, caught.value.field) == (400, "limit")
