"""Exact money, and how it is written."""

from __future__ import annotations

from decimal import Decimal, Inexact

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.domain.setting import positive
from functions.domain.words import (
    MONEY_BOUND,
    MONEY_DECIMALS,
    check_money,
    check_text,
    times,
    total,
    written,
)

amounts = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(-(10**15), 10**15),
    st.integers(-25, 3),
).filter(lambda amount: abs(amount) < MONEY_BOUND)


def test_amounts_add_up_without_rounding():
    tenths = [Decimal("0.1")] * 10 + [Decimal("1E-9"), Decimal("999999999999")]

    assert total(tenths) == Decimal("1000000000000.000000001")


def test_no_amounts_are_zero():
    assert total([]) == 0


def test_a_product_that_does_not_fit_raises_instead_of_rounding():
    with pytest.raises(Inexact):
        times(Decimal("1." + "1" * 59), 11)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0.00"),
        ("5", "5.00"),
        ("1E+3", "1,000.00"),
        ("9.90", "9.90"),
        ("572713.89", "572,713.89"),
        ("0.125", "0.125"),
        ("-3.5", "-3.50"),
        ("1.10000", "1.10"),
    ],
)
def test_an_amount_is_written_with_two_decimals_and_more_only_where_it_has_them(amount, text):
    assert written(Decimal(amount)) == text


@pytest.mark.parametrize("text", ["a\nb", "\x00", "\x7f", "\x85"])
def test_control_characters_are_refused(text):
    with pytest.raises(ValueError, match="`name`"):
        check_text("name", text)


@pytest.mark.parametrize("text", ["Köln", "a b", "\u3000", "🎄", "a||b/c%", None, 7])
def test_every_other_text_is_fine(text):
    assert check_text("name", text) is None


def test_a_setting_has_a_default():
    assert positive({}, "SLUICE_FRAUD_LIMIT", "2000") == 2000


@pytest.mark.parametrize("value", ["abc", "", "0", "-1", "NaN", "Infinity"])
def test_a_wrong_setting_is_named_with_its_value(value):
    with pytest.raises(ValueError, match=f"'SLUICE_FRAUD_LIMIT' is '{value}'"):
        positive({"SLUICE_FRAUD_LIMIT": value}, "SLUICE_FRAUD_LIMIT", "2000")


@given(amounts)
@example(Decimal("0E-10"))
@example(Decimal("1.0000000000"))
@example(Decimal("-0.0000000001"))
def test_money_has_nine_decimals_at_most_zeros_included(amount):
    decimals = -amount.as_tuple().exponent
    if decimals <= MONEY_DECIMALS:
        check_money("price", amount)
    else:
        with pytest.raises(ValueError, match="expected at most 9 decimals"):
            check_money("price", amount)
