"""The index in a file: everything that a search server is asked for, on one machine."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from functions.domain.indexed import IndexedOrder, OrderQuery
from functions.domain.line import Line
from functions.domain.order import Order
from functions.domain.state import OrderState
from functions.search.file_index import FileIndex
from functions.search.order_index import OrderIndex
from runtime.errors import PlatformDown
from tests.functions.search.making import document


@pytest.fixture
def index(tmp_path: Path) -> FileIndex:
    return FileIndex(tmp_path / "search.db")


def ids(index: FileIndex | OrderIndex, **query: object) -> list[str]:
    return [order.id for order in index.find(OrderQuery(**query)).orders]  # type: ignore[arg-type]


def test_an_empty_index_finds_nothing(index: FileIndex) -> None:
    assert index.find(OrderQuery()).total == 0


def test_an_order_is_found_as_it_was_written(index: FileIndex) -> None:
    price = Decimal("123456789012.123456789")
    index.write([document("1", price=price, customer_id=7)])

    [found] = index.find(OrderQuery(customer_id="7")).orders
    assert found == document("1", price=price, customer_id=7)
    assert str(found.price) == "123456789012.123456789"


def test_it_is_there_in_another_process(index: FileIndex, tmp_path: Path) -> None:
    index.write([document("1")])

    assert ids(OrderIndex.open({"SLUICE_DATA": str(tmp_path)})) == ["1"]


def test_a_later_state_replaces_an_earlier_one_and_nothing_else_does(index: FileIndex) -> None:
    index.write([document("1")])
    index.write([document("1", "FAILED", reason="late")])
    index.write([document("1"), document("1", "VALIDATED")])

    [found] = index.find(OrderQuery()).orders
    assert (found.state, found.reason) == (OrderState.FAILED, "late")
    assert ids(index, state=OrderState.CREATED) == []


def test_words_are_found_in_any_order_and_case_and_all_must_be_there(index: FileIndex) -> None:
    index.write([document("1"), document("2", product="tea_cup", reason="Too `much` ordered")])

    assert ids(index, q="POT tea") == ["1"]
    assert ids(index, q="much ada") == ["2"]
    assert ids(index, q="tea nothing") == []
    assert ids(index, q="tea%") == ["1"]
    assert ids(index, q="--") == []


def test_a_product_is_found_on_any_line(index: FileIndex) -> None:
    lines = (Line("cup", 2, Decimal(1)), Line("it's", 1, Decimal(1)))
    index.write([document("1"), IndexedOrder.of(Order(id="2", lines=lines))])

    assert ids(index, product="it's") == ["2"]
    assert ids(index, product="tea pot") == ["1"]
    assert ids(index, product="tea") == []


def test_pages_follow_one_another_by_id(index: FileIndex) -> None:
    index.write([document(f"{number}") for number in range(5)])

    first = index.find(OrderQuery(limit=2))
    second = index.find(OrderQuery(limit=2, after=first.after))
    last = index.find(OrderQuery(limit=2, after=second.after))

    assert [[o.id for o in page.orders] for page in (first, second, last)] == [
        ["0", "1"],
        ["2", "3"],
        ["4"],
    ]
    assert [page.total for page in (first, second, last)] == [5, 5, 5]
    assert last.after is None


def test_a_rebuilt_index_takes_the_place_of_the_old_one_in_one_step(tmp_path: Path) -> None:
    index = OrderIndex.open({"SLUICE_DATA": str(tmp_path)})
    index.write([document("old")])

    with index.rebuilding() as fresh:
        fresh.write([document("new")])
        assert ids(index) == ["old"]

    assert ids(index) == ["new"]


def test_a_rebuild_that_fails_changes_nothing(tmp_path: Path) -> None:
    index = OrderIndex.open({"SLUICE_DATA": str(tmp_path)})
    index.write([document("old")])

    with pytest.raises(ZeroDivisionError), index.rebuilding():
        raise ZeroDivisionError

    assert ids(index) == ["old"]


def test_what_a_killed_rebuild_left_is_not_in_the_next_one(tmp_path: Path) -> None:
    index = OrderIndex.open({"SLUICE_DATA": str(tmp_path)})
    FileIndex(tmp_path / "search.db", "rebuilt").write([document("left")])

    with index.rebuilding() as fresh:
        fresh.write([document("new")])

    assert ids(index) == ["new"]


def test_a_file_that_cannot_be_written_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "search.db").mkdir()

    with pytest.raises(PlatformDown, match="cannot be used"):
        FileIndex(tmp_path / "search.db").write([document("1")])


def test_it_waits_for_another_writer(index: FileIndex, tmp_path: Path) -> None:
    index.write([document("1")])

    with closing(sqlite3.connect(tmp_path / "search.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert ids(index) == ["1"]
        other.rollback()
    index.write([document("2")])

    assert ids(index) == ["1", "2"]
