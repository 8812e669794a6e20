"""JSON in and out: exact numbers, no duplicates, errors that name the field."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import wire
from runtime.errors import DecodeError

#: A busy machine is no failure.
PATIENT = settings(deadline=None, max_examples=60)


class Line(msgspec.Struct, rename="camel"):
    """A line of an order."""

    product: str
    quantity: int = 0
    unit_price: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.unit_price < 0:
            raise ValueError("`unitPrice` is below zero")


class Order(msgspec.Struct):
    """An order."""

    id: str
    lines: list[Line] = []
    paid: bool = False
    note: Any = None


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    """A row that knows its fields."""

    parts: list[Strict] = []


def field_of(raw: bytes, wanted: Any = Order) -> str | None:
    with pytest.raises(DecodeError) as caught:
        wire.decode(raw, wanted)
    return caught.value.field


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b'{"id":5}', "id"),
        (b"{}", "id"),
        (b'{"id":"a","paid":1}', "paid"),
        (b'{"id":"a","paid":"true"}', "paid"),
        (b'{"id":"a","lines":{}}', "lines"),
        (b'{"id":"a","lines":[{"product":"x"},{}]}', "lines[1].product"),
        (b'{"id":"a","lines":[{"product":null}]}', "lines[0].product"),
        (b'{"id":"a","lines":[{"product":"x","unitPrice":-1}]}', "lines[0].unitPrice"),
        (b'{"id":"a","lines":[{"product":"x","unitPrice":"1,5"}]}', "lines[0].unitPrice"),
    ],
)
def test_a_wrong_value_is_named_by_its_path(raw: bytes, field: str) -> None:
    assert field_of(raw) == field


@pytest.mark.parametrize(
    ("raw", "field"),
    [(b'{"foo":1}', "foo"), (b'{"parts":[{},{"foo":1}]}', "parts[1].foo")],
)
def test_a_field_that_nobody_knows_is_named_by_its_path(raw: bytes, field: str) -> None:
    assert field_of(raw, Strict) == field


@pytest.mark.parametrize("number", ["1.0", "1e2", "true", '"1"', "null", "1.5", "-0.0", "9" * 5000])
def test_nothing_but_a_whole_number_is_a_quantity(number: str) -> None:
    raw = b'{"id":"a","lines":[{"product":"x","quantity":%b}]}' % number.encode()

    assert field_of(raw) == "lines[0].quantity"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b"\xff",
        b'{"id":"\xed\xa0\x80"}',
        b'{"id":"\\ud800"}',
        b'{"id":"a\x00"}',
        b'\xef\xbb\xbf{"id":"a"}',
        b'{"id":"a"}{"id":"b"}',
        b'{"id":"a","note":NaN}',
        b'{"id":"a","note":-Infinity}',
        b'{"id":"a","note":01}',
        b"{'id':'a'}",
        b'{"id":"a",}',
    ],
)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError, match="Not JSON"):
        wire.decode(raw, Order)


@pytest.mark.parametrize("start", [b'{"id":"a","note":', b'{"id":"\\n","note":'])
def test_deep_nesting_is_refused(start: bytes) -> None:
    raw = start + b"[" * 100_000
    with pytest.raises(DecodeError, match="nested too deeply"):
        wire.decode(raw, Order)
    with pytest.raises(DecodeError, match="nested too deeply"):
        wire.refuse_duplicate_keys(raw)


@PATIENT
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_decimals_travel_exactly(price: Decimal) -> None:
    line = wire.decode(wire.encode({"product": "x", "unitPrice": abs(price)}), Line)

    assert str(line.unit_price) == str(abs(price))


def test_a_decimal_is_written_as_a_number() -> None:
    assert wire.encode(Line("x", 1, Decimal("0.10"))) == (
        b'{"product":"x","quantity":1,"unitPrice":0.10}'
    )


@pytest.mark.parametrize("odd", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_decimal_that_is_no_number_cannot_be_written(odd: str) -> None:
    for value in ({"price": Decimal(odd)}, Decimal(odd)):
        with pytest.raises(ValueError, match="NaN or infinite"):
            wire.encode(value)


def test_a_text_that_speaks_of_nan_can_be_written() -> None:
    assert wire.encode(["NaN", "Infinity", Decimal("1e999")]) == b'["NaN","Infinity",1E+999]'


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id":"a","id":"b"}',
        b'{"id":"a","id":"a"}',
        b'{"id":"a","note":{"x":1,"x":{"y":2}}}',
        b'{"id":"a","note":[{},{"x":1,"x":2}]}',
        b'{"id":"a","\\u0069d":"b"}',
        b'{"id":"a:b","note":"\\\\","id":"c"}',
        b'{"id":"a","id":"\\u003a"}',
        b'{"":1,"":2}',
    ],
)
def test_a_key_that_stands_twice_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError, match="stands twice"):
        wire.refuse_duplicate_keys(raw)


def test_a_duplicate_cannot_hide_behind_an_absurd_number() -> None:
    with pytest.raises(DecodeError, match="'id' stands twice"):
        wire.refuse_duplicate_keys(b'{"id":"a","price":1e999,"id":"b"}')


@pytest.mark.parametrize("raw", [b'{"price":1e999,]', b"[1e999", b'{"id":%b,x}' % (b"9" * 5000)])
def test_an_absurd_number_in_what_is_no_json_is_refused_like_any_other(raw: bytes) -> None:
    with pytest.raises(DecodeError, match="Not JSON"):
        wire.refuse_duplicate_keys(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@PATIENT
@given(JSON)
def test_json_without_duplicates_passes(value: Any) -> None:
    wire.refuse_duplicate_keys(msgspec.json.encode(value))
    wire.refuse_duplicate_keys(msgspec.json.format(msgspec.json.encode(value), indent=1))


@PATIENT
@given(st.dictionaries(st.text(), JSON, min_size=1), st.data())
def test_json_with_a_duplicate_does_not_pass(value: dict[str, Any], data: st.DataObject) -> None:
    key = msgspec.json.encode(data.draw(st.sampled_from(sorted(value))))
    raw = msgspec.json.encode(value)[:-1] + b"," + key + b":0}"

    with pytest.raises(DecodeError):
        wire.refuse_duplicate_keys(raw)


@PATIENT
@given(st.binary() | st.text().map(str.encode) | JSON.map(msgspec.json.encode))
def test_reading_ends_in_a_value_or_a_decode_error(raw: bytes) -> None:
    for wanted in (Order, Any, Decimal, int, list[Line], dict[str, Decimal]):
        try:
            wire.refuse_duplicate_keys(raw)
            wire.decode(raw, wanted)
        except DecodeError as error:
            assert str(error)  # noqa: PT017  either is right, nothing else is


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("5", int, 5),
        ("0.10", Decimal, Decimal("0.10")),
        ("true", bool, True),
        ("null", str | None, "null"),
        ("1", str, "1"),
    ],
)
def test_text_is_converted(text: str, wanted: Any, expected: Any) -> None:
    assert wire.convert(text, wanted) == expected


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("abc", int),
        ("1.5", int),
        ("", int),
        ("NaN", Decimal),
        ("-Infinity", Decimal),
        ("1e99999999999999999999", Decimal),
        ("nan", float),
        ("maybe", bool),
    ],
)
def test_text_that_is_no_such_value_is_refused(text: str, wanted: Any) -> None:
    with pytest.raises(DecodeError):
        wire.convert(text, wanted)


@pytest.mark.parametrize("text", ["", "123", "1e3", "2010-12-01", "2010-12-01T08:26:00", "soon"])
def test_a_time_needs_its_zone(text: str) -> None:
    with pytest.raises(DecodeError, match=r"ce-time is .* expected RFC 3339 with a zone") as caught:
        wire.time_of(text, "ce-time")

    assert caught.value.field == "ce-time"


def test_a_time_keeps_its_zone() -> None:
    assert wire.time_of("2010-12-01T08:26:00+01:00", "time") == datetime.fromisoformat(
        "2010-12-01T07:26:00+00:00"
    )


def test_threads_may_be_the_first_to_use_a_type_at_the_same_moment() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", "tests.runtime.race"],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.stdout == "whole\n", done.stderr[-2000:]


def test_bytes_are_left_as_they_are() -> None:
    assert wire.decode(b"{no JSON", bytes) == b"{no JSON"
