"""Values that a client sends: read exactly, or refused in words that follow the field's name."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from msgspec import Raw

from functions.domain import reading


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"0", "0"),
        (b"-0", "0"),
        (b"19.90", "19.90"),
        (b'"19.90"', "19.90"),
        (b"999999999999.999999999", "999999999999.999999999"),
    ],
)
def test_an_amount_is_exact(raw, value):
    assert str(reading.amount(Raw(raw))) == value


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b'"dear"', "is not a number"),
        (b'"NaN"', "is not a number"),
        (b'"-Infinity"', "is not a number"),
        (b"true", "is not a number"),
        (b"[1]", "is not a number"),
        (b'"\xff"', "is not a number"),
        (b"1e999999999999999999999", "is not a number"),
        (b"-0.01", "must be greater than or equal to 0"),
        (b"1e12", "must be less than 1000000000000"),
        (b"0.0000000001", "must have at most 9 decimals"),
    ],
)
def test_what_is_no_amount_is_refused(raw, problem):
    with pytest.raises(ValueError, match=f"^{problem}$"):
        reading.amount(Raw(raw))


@pytest.mark.parametrize(("raw", "value"), [(b"0", 0), (b"3", 3), (b'"3"', 3), (b"3.0", 3)])
def test_pieces_are_whole(raw, value):
    found = reading.pieces(Raw(raw))

    assert (found, type(found)) == (value, int)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b'"a dozen"', "is not a number"),
        (b"-1", "must be greater than or equal to 0"),
        (b"1.5", "must be an integer"),
        (b"1e-400", "must be an integer"),
        (b"2147483648", "must be less than 2147483648"),
        (b'"1e99999999"', "must be less than 2147483648"),
    ],
)
def test_what_is_no_number_of_pieces_is_refused(raw, problem):
    with pytest.raises(ValueError, match=f"^{problem}$"):
        reading.pieces(Raw(raw))


@pytest.mark.parametrize(
    "text", ["2026-01-05", "2026-01-05T09:00:00Z", "2026-01-05T09:00:00.5+01:00"]
)
def test_a_time_is_kept_as_it_was_written(text):
    assert reading.time(Raw(f'"{text}"'.encode())) == text


@pytest.mark.parametrize(
    "raw",
    [
        b'"soon"',
        b'"2026-02-30"',
        b'"05.01.2026"',
        b'"2026-01-05T09:00:00"',
        b"20260105",
        b'{"year":2026}',
    ],
)
def test_what_is_no_time_is_refused(raw):
    with pytest.raises(ValueError, match=r"^is invalid$"):
        reading.time(Raw(raw))


@pytest.mark.parametrize(
    ("read", "raw"),
    [
        (reading.text, b"1"),
        (reading.text, b'"a\\u0000b"'),
        (reading.text, b'"%s"' % (b"x" * 257)),
        (reading.text, b'"\xff"'),
        (reading.ident, b"1.5"),
        (reading.ident, b"true"),
        (reading.segment, b'"a/b"'),
        (reading.segment, b'".."'),
        (reading.objects, b"{}"),
        (reading.objects, b"[1]"),
    ],
)
def test_everything_else_is_invalid(read, raw):
    with pytest.raises(ValueError, match=r"^is invalid$"):
        read(Raw(raw))


@pytest.mark.parametrize(("raw", "value"), [(b'"5"', "5"), (b"5", 5)])
def test_an_id_is_kept_as_text_or_number(raw, value):
    assert reading.ident(Raw(raw)) == value


def test_an_amount_is_not_rounded_by_the_decimal_context_of_the_caller():
    with localcontext(prec=3):
        assert reading.amount(Raw(b"123.456")) == Decimal("123.456")
