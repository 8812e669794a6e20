"""Queues of keys: what came first goes first, and nothing is left of a queue that has ended."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from runtime.held import Held
from runtime.put_off import PutOff
from runtime.rows import Rows
from runtime.sidecars.recording import RecordingSidecar
from tests.runtime.test_put_off import put_off

HELD = Held("f")


class Line:
    """The queues of a function, each step a unit of work of its own."""

    def __init__(self) -> None:
        self.sidecar = RecordingSidecar()

    @contextmanager
    def rows(self) -> Iterator[Rows]:
        rows = Rows(self.sidecar.get)
        yield rows
        self.sidecar.transact(rows.writes())

    def append(self, key: str, *events: PutOff) -> None:
        with self.rows() as rows:
            HELD.append(rows, key, events)

    def take(self, key: str, most: int, most_bytes: float = math.inf) -> list[str]:
        with self.rows() as rows:
            return [event.letter.id for event in HELD.take(rows, key, most, most_bytes)]

    def holds(self, key: str | None) -> bool:
        with self.rows() as rows:
            return HELD.holds(rows, key)

    def head(self, key: str) -> str | None:
        with self.rows() as rows:
            found = HELD.head(rows, key)
            return found.letter.id if found else None


@pytest.fixture
def line() -> Line:
    return Line()


def test_no_key_is_held_at_first_and_one_row_says_so(line: Line) -> None:
    assert not line.holds("a")
    assert line.head("a") is None
    rows = Rows(line.sidecar.get)
    HELD.load(rows, ["a", "b", None])
    assert rows.read_keys == [HELD.count_key]


def test_events_leave_in_the_order_in_which_they_came(line: Line) -> None:
    line.append("a", put_off(1))
    line.append("a", put_off(2), put_off(3))
    line.append("b", put_off(4))

    assert (line.head("a"), line.head("b")) == ("1", "4")
    assert line.take("a", 1) == ["1"]
    assert line.take("a", 10) == ["2", "3"]
    assert (line.holds("a"), line.holds("b")) == (False, True)


def test_what_is_put_back_is_first_again(line: Line) -> None:
    line.append("a", put_off(1), put_off(2))
    line.append("a", put_off(3))
    with line.rows() as rows:
        [_, second] = HELD.take(rows, "a", 2)
        HELD.put_back(rows, "a", [second])

    assert line.head("a") == "2"
    assert line.take("a", 10) == ["2", "3"]


def test_no_more_is_taken_than_there_is_room_for_but_always_something(line: Line) -> None:
    for number in range(4):
        line.append("a", put_off(number, size=1000))

    assert line.take("a", 10, 1) == ["0"]
    assert line.take("a", 10, 2000) == ["1", "2"]


def test_nothing_is_left_of_queues_that_have_ended(line: Line) -> None:
    for key in ("a", "b"):
        line.append(key, put_off(1), put_off(2))
        line.take(key, 10)

    assert line.sidecar.rows == {}


def test_an_event_without_a_key_is_never_held(line: Line) -> None:
    line.append("", put_off(1))

    assert line.holds("")
    assert not line.holds(None)


@pytest.mark.parametrize("key", ["x" * 5000, "a||b", "a/1", "nul\0"])
def test_a_key_that_no_store_would_take_has_a_queue_too(line: Line, key: str) -> None:
    line.append(key, put_off(1))
    line.append("a", put_off(2))

    assert line.take(key, 10) == ["1"]
    assert line.holds("a")
