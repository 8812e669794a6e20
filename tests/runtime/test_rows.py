"""The overlay of one unit of work: what is seen, what is undone, what is written."""

from __future__ import annotations

import gc
import itertools
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pytest

from runtime import Reject
from runtime.rows import Rows, plain_key, row_key
from runtime.sidecars.base import Stored, Write


@dataclass
class Jar:
    """A row."""

    beans: int = 0
    price: Decimal = Decimal("0.10")


class Store:
    """Some rows, and how they were asked for."""

    def __init__(self, **rows: bytes) -> None:
        self.rows = {key: Stored(value, f"etag of {key}") for key, value in rows.items()}
        self.asked: list[list[str]] = []

    def get(self, keys: Sequence[str]) -> dict[str, Stored]:
        self.asked.append(list(keys))
        return {key: self.rows[key] for key in keys if key in self.rows}


ONE = b'{"beans":1,"price":0.10}'
TWO = b'{"beans":2,"price":0.10}'


def edit(rows: Rows) -> None:
    rows.change("jar", Jar).beans += 1


def put(rows: Rows) -> None:
    rows.put("jar", Jar(7))


def put_for_a_while(rows: Rows) -> None:
    rows.put("jar", Jar(8), ttl_seconds=60)


def delete(rows: Rows) -> None:
    rows.put("jar", None)


def happen(rows: Rows, act: Callable[[Rows], None], *, fails: bool = False) -> None:
    """One event does one thing to the jar."""
    rows.begin()
    if act is not edit or rows.get("jar", Jar) is not None:
        act(rows)
    if fails:
        rows.rollback()
    else:
        rows.end()


def test_rows_are_read_once_however_often_they_are_asked_for() -> None:
    store = Store(jar=ONE)
    rows = Rows(store.get)
    rows.load(["jar", "jar", "lid"])
    rows.get("jar", Jar)
    rows.get("lid", Jar)
    rows.load(["jar"])

    assert store.asked == [["jar", "lid"]]


def test_rows_that_are_put_unseen_are_read_together_and_last() -> None:
    store = Store(jar=ONE)
    rows = Rows(store.get)
    rows.begin()
    for key in ("lid", "jar", "lid"):
        rows.put(key, Jar(2))
    rows.end()
    asked_before = list(store.asked)

    assert rows.writes() == [Write("jar", TWO, "etag of jar"), Write("lid", TWO, None)]
    assert (asked_before, store.asked) == ([], [["jar", "lid"]])


def test_rows_that_were_asked_for_alone_are_known_as_late() -> None:
    rows = Rows(Store(jar=ONE).get)
    rows.load(["jar", "lid"])
    rows.get("jar", Jar)
    rows.change("shelf", Jar)
    rows.get("shelf", Jar)
    rows.put("cellar", Jar())
    rows.writes()

    assert rows.late == ["shelf"]


def test_a_row_that_only_a_failed_event_has_put_is_not_read() -> None:
    store = Store(jar=ONE)
    rows = Rows(store.get)
    happen(rows, put, fails=True)

    assert (rows.writes(), store.asked) == ([], [])


def test_a_row_that_was_only_read_is_not_written() -> None:
    rows = Rows(Store(jar=ONE).get)
    rows.get("jar", Jar)

    assert rows.writes() == []


def test_a_changed_row_is_written_with_the_etag_it_was_read_with() -> None:
    rows = Rows(Store(jar=ONE).get)
    edit(rows)

    assert rows.writes() == [Write("jar", TWO, "etag of jar")]


def test_a_new_row_is_written_only_if_it_is_still_absent() -> None:
    rows = Rows(Store().get)
    rows.put("jar", Jar(2))

    assert rows.writes() == [Write("jar", TWO, None)]


def test_a_row_that_ended_as_it_began_is_not_written() -> None:
    rows = Rows(Store(jar=ONE).get)
    edit(rows)
    rows.change("jar", Jar).beans -= 1

    assert rows.writes() == []


def test_removing_a_row_that_is_not_there_writes_nothing() -> None:
    rows = Rows(Store().get)
    put(rows)
    delete(rows)

    assert rows.writes() == []


def test_a_row_removed_and_put_again_is_replaced() -> None:
    rows = Rows(Store(jar=ONE).get)
    delete(rows)
    rows.put("jar", Jar(2))

    assert rows.writes() == [Write("jar", TWO, "etag of jar")]


@pytest.mark.parametrize("stored", [{}, {"jar": ONE}], ids=["absent", "stored"])
@pytest.mark.parametrize(
    "acts",
    [
        acts
        for count in (1, 2, 3)
        for acts in itertools.product((put, put_for_a_while, delete, edit), repeat=count)
    ],
    ids=lambda acts: "-".join(act.__name__ for act in acts),
)
def test_a_failing_event_leaves_no_trace_whatever_it_did(
    stored: dict[str, bytes], acts: tuple[Callable[[Rows], None], ...]
) -> None:
    rows = Rows(Store(**stored).get)
    rows.begin()
    for act in acts:
        if act is not edit or rows.get("jar", Jar) is not None:
            act(rows)
    rows.rollback()

    assert rows.writes() == []
    assert rows.get("jar", Jar) == (Jar(1) if stored else None)


@pytest.mark.parametrize("good", [put, put_for_a_while, delete, edit])
@pytest.mark.parametrize("bad", [put, put_for_a_while, delete, edit])
def test_a_failing_event_between_good_ones_changes_nothing_of_theirs(
    good: Callable[[Rows], None], bad: Callable[[Rows], None]
) -> None:
    undisturbed, disturbed = Rows(Store(jar=ONE).get), Rows(Store(jar=ONE).get)
    for rows in (undisturbed, disturbed):
        happen(rows, good)
    happen(disturbed, bad, fails=True)
    for rows in (undisturbed, disturbed):
        happen(rows, good)

    assert disturbed.writes() == undisturbed.writes()


def test_several_events_of_a_batch_change_one_row() -> None:
    rows = Rows(Store(jar=ONE).get)
    for number in range(5):
        rows.begin()
        edit(rows)
        if number % 2:
            rows.rollback()

    assert rows.writes() == [Write("jar", b'{"beans":4,"price":0.10}', "etag of jar")]


def test_decimals_survive_a_rollback_exactly() -> None:
    rows = Rows(Store(jar=b'{"beans":1,"price":12345678901234567890.10}').get)
    rows.begin()
    rows.change("jar", Jar).price += 1
    rows.rollback()

    assert str(rows.get("jar", Jar).price) == "12345678901234567890.10"


def test_a_row_that_cannot_be_written_fails_when_its_event_ends() -> None:
    rows = Rows(Store(jar=ONE).get)
    rows.begin()
    rows.change("jar", Jar).price = Decimal("NaN")
    with pytest.raises(ValueError, match="NaN"):
        rows.end()
    rows.rollback()

    assert rows.writes() == []


def test_a_change_after_the_end_of_an_event_is_written() -> None:
    rows = Rows(Store().get)
    rows.begin()
    rows.put("jar", Jar(1))
    rows.end()
    edit(rows)
    edit(rows)

    assert rows.writes() == [Write("jar", b'{"beans":3,"price":0.10}', None)]


def test_what_was_written_is_let_go_of_without_the_cyclic_collector() -> None:
    rows = Rows(Store(jar=ONE).get)
    rows.begin()
    edit(rows)
    rows.end()
    gc.disable()
    try:
        rows.writes()
        known = weakref.ref(rows)
        del rows

        assert known() is None
    finally:
        gc.enable()


def test_a_time_to_live_is_written_with_the_row() -> None:
    rows = Rows(Store().get)
    put_for_a_while(rows)

    assert rows.writes()[0].ttl_seconds == 60


def test_a_row_put_again_without_a_time_to_live_stays() -> None:
    rows = Rows(Store().get)
    put_for_a_while(rows)
    put(rows)

    assert rows.writes()[0].ttl_seconds is None


def test_a_time_to_live_is_renewed_even_where_the_row_is_the_same() -> None:
    rows = Rows(Store(jar=ONE).get)
    rows.put("jar", Jar(1), ttl_seconds=60)

    assert rows.writes() == [Write("jar", ONE, "etag of jar", 60)]


def test_known_rows_are_those_below_the_prefix_that_are_there() -> None:
    rows = Rows(Store(jar=ONE).get)
    rows.put("jars/a", Jar())
    rows.put("jars/b", None)
    rows.get("jar", Jar)

    assert rows.known("jars/") == {"a": Jar()}


@pytest.mark.parametrize("key", ["a||b", "100%", "%7C", "%257C", "a/b", "ä\n", "|%|"])
def test_any_text_may_be_a_key(key: str) -> None:
    stored = row_key("jars", key)

    assert "|" not in stored
    assert plain_key(stored.removeprefix("jars/")) == key


def test_keys_that_look_alike_are_different_rows() -> None:
    keys = ["|", "%7C", "%257C", "%25"]

    assert len({row_key("jars", key) for key in keys}) == 4


@pytest.mark.parametrize("key", ["", 5, None])
def test_a_key_that_is_no_text_is_refused_with_the_name_of_its_table(key: str) -> None:
    with pytest.raises(ValueError, match="of table 'jars' is no text"):
        row_key("jars", key)


@pytest.mark.parametrize("key", ["a\0b", "x" * 2001, "ä" * 1001, "%" * 667, "\ud83d"])
def test_a_key_that_no_store_would_keep_is_rejected(key: str) -> None:
    with pytest.raises(Reject, match="of table 'jars' cannot be kept"):
        row_key("jars", key)


@pytest.mark.parametrize("key", ["x" * 2000, "ä" * 1000])
def test_a_key_of_the_greatest_length_is_kept(key: str) -> None:
    assert row_key("jars", key) == f"jars/{key}"
