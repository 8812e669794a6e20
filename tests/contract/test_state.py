"""Rows: what every platform promises of them."""

import pytest

from runtime.errors import Conflict
from runtime.sidecars.base import ANY, Write
from tests.contract.platforms import Feature

ODD_KEYS = [
    "Grüße/東京/🎄",
    "with spaces  and\ttabs",
    "a/b/c//d",
    "o%7C%7C1",
    "quote'\"`;--",
    "x" * 400,
    "?&=#%2F+",
]


def put(sidecar, **rows: bytes) -> None:
    sidecar.transact([Write(key, value, None) for key, value in rows.items()])


def values(sidecar, *keys: str) -> dict[str, bytes]:
    return {key: stored.value for key, stored in sidecar.get(keys).items()}


def etag(sidecar, key: str) -> str:
    return sidecar.get([key])[key].etag


def test_leaves_absent_rows_out(sidecar):
    put(sidecar, there=b"1")

    assert values(sidecar, "there", "absent") == {"there": b"1"}


def test_reads_nothing_for_no_keys(sidecar):
    assert sidecar.get([]) == {}


def test_reads_many_rows_at_once(sidecar):
    rows = {f"stock/{number}": b"%d" % number for number in range(700)}
    put(sidecar, **rows)

    assert values(sidecar, *rows) == rows


def test_returns_bytes_as_they_were_written(sidecar):
    rows = {"bytes": bytes(range(256)), "zeros": b"\0" * 7, "json": b'{"a": 1.10}'}
    put(sidecar, **rows)

    assert values(sidecar, *rows) == rows


@pytest.mark.parametrize("key", ODD_KEYS)
def test_keeps_rows_of_odd_keys_apart(sidecar, key):
    put(sidecar, **{key: b"mine", key + "x": b"another"})

    assert values(sidecar, key) == {key: b"mine"}


def test_tells_letters_apart_that_look_the_same(sidecar):
    put(sidecar, **{"caf\u00e9": b"one letter", "cafe\u0301": b"a letter and an accent"})

    assert values(sidecar, "caf\u00e9") == {"caf\u00e9": b"one letter"}


def test_keeps_a_value_of_a_megabyte(sidecar):
    value = b"0123456789abcdef" * 65_536
    put(sidecar, large=value)

    assert values(sidecar, "large") == {"large": value}


def test_writes_two_thousand_rows_in_one_transaction(sidecar):
    rows = {f"order/{number}": b"x" * 100 for number in range(2000)}
    put(sidecar, **rows)

    assert values(sidecar, *rows) == rows


def test_changes_the_etag_with_every_write(sidecar):
    put(sidecar, row=b"1")
    first = etag(sidecar, "row")
    sidecar.transact([Write("row", b"1", first)])

    assert etag(sidecar, "row") != first


def test_refuses_to_insert_a_row_that_exists(sidecar):
    put(sidecar, row=b"1")

    with pytest.raises(Conflict):
        put(sidecar, row=b"2")

    assert values(sidecar, "row") == {"row": b"1"}


def test_takes_back_all_rows_when_one_is_refused(sidecar):
    put(sidecar, there=b"1", changed=b"1")
    writes = [
        Write("new", b"2", None),
        Write("changed", b"2", etag(sidecar, "changed")),
        Write("there", b"2", None),
    ]

    with pytest.raises(Conflict):
        sidecar.transact(writes)

    assert values(sidecar, "there", "changed", "new") == {"there": b"1", "changed": b"1"}


def test_refuses_all_rows_when_one_etag_is_stale(sidecar):
    put(sidecar, a=b"1", b=b"1")
    stale = etag(sidecar, "b")
    sidecar.transact([Write("b", b"2", stale)])

    with pytest.raises(Conflict):
        sidecar.transact([Write("a", b"3", etag(sidecar, "a")), Write("b", b"3", stale)])

    assert values(sidecar, "a", "b") == {"a": b"1", "b": b"2"}


def test_refuses_to_change_a_row_that_is_gone(sidecar):
    put(sidecar, row=b"1")
    seen = etag(sidecar, "row")
    sidecar.transact([Write("row", None, seen)])

    with pytest.raises(Conflict):
        sidecar.transact([Write("row", b"2", seen)])

    assert values(sidecar, "row") == {}


def test_refuses_the_etag_of_a_row_that_was_removed_and_made_again(sidecar):
    put(sidecar, row=b"1")
    seen = etag(sidecar, "row")
    sidecar.transact([Write("row", None, seen)])
    put(sidecar, row=b"1")

    with pytest.raises(Conflict):
        sidecar.transact([Write("row", b"2", seen)])


def test_removes_a_row_by_its_etag(sidecar):
    put(sidecar, row=b"1", other=b"2")
    sidecar.transact([Write("row", None, etag(sidecar, "row"))])

    assert values(sidecar, "row", "other") == {"other": b"2"}


def test_refuses_to_remove_a_row_that_has_changed(sidecar):
    put(sidecar, row=b"1")
    stale = etag(sidecar, "row")
    sidecar.transact([Write("row", b"2", stale)])

    with pytest.raises(Conflict):
        sidecar.transact([Write("row", None, stale)])

    assert values(sidecar, "row") == {"row": b"2"}


def test_replaces_a_row_whatever_is_there(sidecar):
    put(sidecar, there=b"1")
    sidecar.transact([Write("there", b"2", ANY), Write("absent", b"2", ANY)])

    assert values(sidecar, "there", "absent") == {"there": b"2", "absent": b"2"}


def test_removes_a_row_whether_or_not_it_is_there(sidecar):
    put(sidecar, there=b"1")
    sidecar.transact([Write("there", None, ANY), Write("absent", None, ANY)])

    assert values(sidecar, "there", "absent") == {}


def test_inserts_changes_and_removes_in_one_transaction(sidecar):
    put(sidecar, changed=b"1", removed=b"1")
    seen = sidecar.get(["changed", "removed"])
    sidecar.transact(
        [
            Write("inserted", b"2", None),
            Write("changed", b"2", seen["changed"].etag),
            Write("removed", None, seen["removed"].etag),
        ]
    )

    assert values(sidecar, "inserted", "changed", "removed") == {
        "inserted": b"2",
        "changed": b"2",
    }


def test_does_nothing_for_no_writes(sidecar):
    sidecar.transact([])

    assert sidecar.get(["row"]) == {}


def test_refuses_a_row_that_is_written_twice(sidecar):
    with pytest.raises(ValueError, match="row' is written twice"):
        sidecar.transact([Write("row", b"1", None), Write("row", b"2", None)])


def test_refuses_to_remove_a_row_without_its_etag(sidecar):
    with pytest.raises(ValueError, match="row' is removed without an etag"):
        sidecar.transact([Write("row", None, None)])


@pytest.mark.needs(Feature.FAKE_CLOCK)
def test_forgets_a_row_after_its_time(platform):
    platform.sidecar.transact([Write("mark", b"1", None, ttl_seconds=60)])
    platform.clock.advance(59)
    before = values(platform.sidecar, "mark")
    platform.clock.advance(1)

    assert (before, values(platform.sidecar, "mark")) == ({"mark": b"1"}, {})


@pytest.mark.needs(Feature.FAKE_CLOCK)
def test_inserts_over_a_row_that_has_expired(platform):
    platform.sidecar.transact([Write("mark", b"1", None, ttl_seconds=60)])
    platform.clock.advance(61)
    put(platform.sidecar, mark=b"2")

    assert values(platform.sidecar, "mark") == {"mark": b"2"}


@pytest.mark.needs(Feature.FAKE_CLOCK)
def test_refuses_to_change_a_row_that_has_expired(platform):
    platform.sidecar.transact([Write("mark", b"1", None, ttl_seconds=60)])
    seen = etag(platform.sidecar, "mark")
    platform.clock.advance(61)

    with pytest.raises(Conflict):
        platform.sidecar.transact([Write("mark", b"2", seen)])


@pytest.mark.needs(Feature.FAKE_CLOCK)
def test_keeps_a_row_for_good_when_it_is_written_without_a_time(platform):
    platform.sidecar.transact([Write("mark", b"1", None, ttl_seconds=60)])
    platform.sidecar.transact([Write("mark", b"2", etag(platform.sidecar, "mark"))])
    platform.clock.advance(61)

    assert values(platform.sidecar, "mark") == {"mark": b"2"}
